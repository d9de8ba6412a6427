import type { QueryClient } from '@tanstack/vue-query';
import { computed, readonly, ref } from 'vue';
import { outdatedQueries, type LiveEvent } from './outdated-queries.ts';

/** Changes come in bursts: a thousand a minute must not become a thousand requests. */
const gatherMs = 400;
/** While they keep coming, a page reads this seldom: each reading has to end before the next may begin. */
const paceMs = 1_500;
const reopenMs = 3_000;
const staleSince = ref<Date | null>(null);
const isConnected = ref(false);

export const liveState = { staleSince: readonly(staleSince), isLive: computed(() => isConnected.value) };

let source: EventSource | null = null;
let reopenTimer: ReturnType<typeof setTimeout> | undefined;
let gatherTimer: ReturnType<typeof setTimeout> | undefined;
let lastReadMs = -Infinity;
const gathered = new Map<string, string[]>();

/** One connection per tab. Events only say what to read again: rights and presentation stay with the api. */
export function followEvents(queryClient: QueryClient): void {
  if (source) return;
  const opened = new EventSource('/api/v1/events/stream');
  source = opened;
  opened.addEventListener('open', () => {
    // A connection that comes back by itself is told what it missed; a new one is not.
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
  // The api names no event on the wire: its type is a member of what it sends.
  opened.addEventListener('message', ({ data }: MessageEvent<string>) =>
    gather(queryClient, JSON.parse(data) as LiveEvent),
  );
}

export function stopFollowing(): void {
  clearTimeout(reopenTimer);
  clearTimeout(gatherTimer);
  gatherTimer = undefined;
  lastReadMs = -Infinity;
  gathered.clear();
  source?.close();
  source = null;
  isConnected.value = false;
  staleSince.value = null;
}

function gather(queryClient: QueryClient, event: LiveEvent): void {
  for (const queryKey of outdatedQueries(event)) gathered.set(queryKey.join('/'), queryKey);
  gatherTimer ??= setTimeout(
    () => {
      gatherTimer = undefined;
      lastReadMs = performance.now();
      for (const queryKey of gathered.values()) void queryClient.invalidateQueries({ queryKey });
      gathered.clear();
    },
    Math.max(gatherMs, lastReadMs + paceMs - performance.now()),
  );
}
