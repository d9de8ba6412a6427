import type { PlatformApi } from './platform-api.ts';
import type { Report } from './report.ts';

export interface RegisteredCluster {
  /** Shows in the portal how far the cluster's preparation is. Never fails: it is only news. */
  progress: Report;
  /** Hands over the finished cluster, with what is known of it only now. */
  ready(kubeconfig: string, settings?: Settings): Promise<void>;
}

interface Settings {
  dnsPolicy?: 'ClusterFirst' | 'Default';
  storageClass?: string;
  clusterRanges?: string[];
}

const progressEveryMs = 2_000;
/** What the api takes. */
const longestMessage = 500;

async function findOrCreate(api: PlatformApi, name: string, settings: Settings): Promise<string> {
  const { body } = await api.get('/clusters?limit=100');
  const known = (body as { items: { id: string; name: string }[] }).items.find((cluster) => cluster.name === name);
  if (known) return known.id;
  const created = await api.post('/clusters', { name, runtime: 'kubernetes', settings });
  return (created.body as { id: string }).id;
}

/** Makes the cluster known to the product, in preparation until `ready`; finds it again on a later start. */
export async function registerCluster(
  api: PlatformApi,
  { name, settings, report }: { name: string; settings: Settings; report: Report },
): Promise<RegisteredCluster> {
  const path = `/clusters/${await findOrCreate(api, name, settings)}`;
  let latest: { message: string; percent?: number } | undefined;
  let sending: Promise<void> = Promise.resolve();
  let sentMs = 0;
  let finished = false;

  function sendLatest(): void {
    const preparation = latest;
    if (!preparation || finished) return;
    latest = undefined;
    sentMs = Date.now();
    sending = sending
      .then(() => api.patch(path, { preparation }))
      .then(() => undefined)
      .catch((error: unknown) => report(`progress could not be shown in the portal: ${String(error)}`));
  }

  return {
    progress(message, percent) {
      report(message, percent);
      const waiting = latest !== undefined;
      const shown = message.slice(0, longestMessage);
      latest = percent === undefined ? { message: shown } : { message: shown, percent: Math.round(percent) };
      if (!waiting) setTimeout(sendLatest, Math.max(0, sentMs + progressEveryMs - Date.now())).unref();
    },
    async ready(kubeconfig, more) {
      finished = true;
      await sending;
      await api.patch(path, { kubeconfig, ...(more && { settings: more }) });
    },
  };
}
