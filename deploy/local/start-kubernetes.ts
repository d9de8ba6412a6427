import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './directories.ts';
import { prepareKubernetes, startKubernetes } from './kubernetes/index.ts';
import type { LocalKubernetes } from './kubernetes/index.ts';
import { defaultOpenClawVersion, ensureOpenClawImage } from './openclaw-image/index.ts';
import type { PlatformApi } from './platform-api.ts';
import { registerAgentVersion, registerCluster } from './register-cluster.ts';
import { reportAs } from './report.ts';
import type { Report } from './report.ts';

interface Options {
  directory: string;
  api: PlatformApi;
  report: Report;
  signal: AbortSignal;
  /** Takes over the running cluster, so that it is stopped in its turn. */
  keep: (kubernetes: LocalKubernetes) => Promise<LocalKubernetes>;
}

/** A local cluster has no DNS service of its own. */
const clusterSettings = { dnsPolicy: 'Default' } as const;

/**
 * Builds what a local Kubernetes needs, starts it, puts the OpenClaw image into it and hands it to the product, where it
 * shows as a cluster in preparation from the first moment.
 */
export async function startLocalKubernetes({ directory, api, report, signal, keep }: Options): Promise<void> {
  const cache = cacheDirectory();
  const cluster = await registerCluster(api, { name: 'local', settings: clusterSettings, report });
  try {
    const mayHaveNode = process.platform === 'linux' && process.getuid?.() === 0;
    const building = mayHaveNode
      ? ensureOpenClawImage({ cacheDirectory: cache, report: reportAs('OpenClaw image', report), signal })
      : undefined;
    building?.catch(() => undefined); // Its failure is looked at below.
    await prepareKubernetes({ cacheDirectory: cache, node: mayHaveNode, report: cluster.progress, signal });
    const kubernetes = await keep(
      await startKubernetes({
        directory: join(directory, 'kubernetes'),
        cacheDirectory: cache,
        node: mayHaveNode,
        revive: true,
        report: cluster.progress,
        signal,
      }),
    );
    if (building && kubernetes.node) {
      cluster.progress('waiting for the OpenClaw image');
      const image = await building;
      cluster.progress('importing the OpenClaw image into the node');
      await kubernetes.importImage(image.archive);
      await registerAgentVersion(api, defaultOpenClawVersion, image.reference);
    }
    const { platformKubeconfig, podNetwork, serviceNetwork } = kubernetes;
    await cluster.ready(readFileSync(platformKubeconfig, 'utf8'), { clusterRanges: [podNetwork, serviceNetwork] });
    if (!kubernetes.node) {
      const reason = kubernetes.nodeSkipped ?? 'a node needs Linux and root';
      report(`everything runs but the node (${reason}): instances can be created and will wait for a node`);
    }
  } catch (error) {
    if (signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    cluster.progress(`could not be prepared: ${message}`);
    throw error;
  }
}
