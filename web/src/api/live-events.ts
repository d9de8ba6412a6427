import type { QueryClient } from '@tanstack/vue-query';
import { computed, readonly, ref } from 'vue';

/** Members of an event that say what it is about. */
interface LiveEvent {
  type: string;
  instanceId: string | null;
  operationId: string | null;
}

const nouns = ['tenant', 'quota', 'project', 'secret', 'agent-version', 'cluster', 'instance', 'operation'] as const;
type Noun = (typeof nouns)[number];
const verbs = ['created', 'updated', 'changed', 'deleted'] as const;

/** First member of the query keys that a noun's events make out of date. */
const queriesOf: Record<Noun, readonly string[]> = {
  tenant: ['tenants', 'me'],
  quota: ['quotas'],
  project: ['projects'],
  secret: ['secrets'],
  'agent-version': ['agent-versions'],
  cluster: ['clusters'],
  instance: ['instances', 'quotas', 'events'],
  operation: ['operations', 'events'],
};

/** Changes come in bursts: a thousand a minute must not become a thousand requests. */
const gatherMs = 400;
const reopenMs = 3_000;
/** The server sends a sign of life every ten seconds, which EventSource does not show; so only the connection counts. */
const staleSince = ref<Date | null>(null);
const isConnected = ref(false);

export const liveState = { staleSince: readonly(staleSince), isLive: computed(() => isConnected.value) };

let source: EventSource | null = null;
let reopenTimer: ReturnType<typeof setTimeout> | undefined;
let gatherTimer: ReturnType<typeof setTimeout> | undefined;
const gathered = new Set<string>();

/** One connection per tab. Events only say what to read again: rights and presentation stay with the api. */
export function followEvents(queryClient: QueryClient): void {
  if (source) return;
  const opened = new EventSource('/api/v1/events/stream');
  source = opened;
  opened.addEventListener('open', () => {
    // Whatever happened while nobody listened is unknown.
    if (staleSince.value) void queryClient.invalidateQueries();
    isConnected.value = true;
    staleSince.value = null;
  });
  opened.addEventListener('error', () => {
    isConnected.value = false;
    staleSince.value ??= new Date();
    if (opened.readyState !== EventSource.CLOSED) return; // The browser tries again by itself.
    source = null;
    reopenTimer = setTimeout(() => followEvents(queryClient), reopenMs);
  });
  for (const noun of nouns) {
    for (const verb of verbs) {
      opened.addEventListener(`${noun}.${verb}`, ({ data }: MessageEvent<string>) =>
        gather(queryClient, noun, JSON.parse(data) as LiveEvent),
      );
    }
  }
}

export function stopFollowing(): void {
  clearTimeout(reopenTimer);
  clearTimeout(gatherTimer);
  gatherTimer = undefined;
  gathered.clear();
  source?.close();
  source = null;
  isConnected.value = false;
  staleSince.value = null;
}

function gather(queryClient: QueryClient, noun: Noun, { instanceId, operationId }: LiveEvent): void {
  for (const first of queriesOf[noun]) {
    gathered.add(`${first}/list`);
    if (noun === 'instance' && instanceId) gathered.add(`${first}/${instanceId}`);
    else if (noun === 'operation' && operationId) gathered.add(`${first}/${operationId}`);
    else gathered.add(first);
  }
  gatherTimer ??= setTimeout(() => {
    gatherTimer = undefined;
    for (const key of gathered) void queryClient.invalidateQueries({ queryKey: key.split('/') });
    gathered.clear();
  }, gatherMs);
}
