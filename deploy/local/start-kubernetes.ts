import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerNodeVersion, registerOfficialVersion } from './agent-version.ts';
import { cacheDirectory } from './directories.ts';
import { prepareKubernetes, startKubernetes } from './kubernetes/index.ts';
import type { LocalKubernetes } from './kubernetes/index.ts';
import {
  defaultOpenClawVersion,
  ensureOpenClawImage,
  hasOpenClawImage,
  officialImageOf,
} from './openclaw-image/index.ts';
import type { PlatformApi } from './platform-api.ts';
import { registerCluster } from './register-cluster.ts';
import { reportAs } from './report.ts';
import type { Report } from './report.ts';

interface Options {
  directory: string;
  /** Whether a node is wanted, where the machine can be one. */
  node: boolean;
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
export async function startLocalKubernetes(options: Options): Promise<void> {
  const { directory, api, report, signal, keep } = options;
  const cache = cacheDirectory();
  const cluster = await registerCluster(api, { name: 'local', settings: clusterSettings, report });
  try {
    const mayHaveNode = options.node && process.platform === 'linux' && process.getuid?.() === 0;
    const image = mayHaveNode ? openClawImage(options) : undefined;
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
    const version = defaultOpenClawVersion;
    if (image && kubernetes.node) {
      const reference = await image.bring(kubernetes, cluster.progress);
      await registerNodeVersion(api, { version, image: reference, report: reportAs('OpenClaw image', report) });
    } else await registerOfficialVersion(api, version);
    const { platformKubeconfig, podNetwork, serviceNetwork } = kubernetes;
    await cluster.ready(readFileSync(platformKubeconfig, 'utf8'), { clusterRanges: [podNetwork, serviceNetwork] });
    if (!kubernetes.node) {
      const reason = kubernetes.nodeSkipped ?? (options.node ? 'a node needs Linux and root' : '--no-node');
      report(`everything runs but the node (${reason}): instances can be created and will wait for a node`);
    }
  } catch (error) {
    if (signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    cluster.progress(`could not be prepared: ${message}`);
    throw error;
  }
}

interface ComingImage {
  /** Puts it into the node. @returns its name there */
  bring(kubernetes: LocalKubernetes, progress: Report): Promise<string>;
}

/**
 * The image of OpenClaw: one that was built before, else the official one where the node reaches a registry, else one
 * that is built here, which begins at once because it takes minutes.
 */
function openClawImage({ report, signal }: Options): ComingImage {
  const cache = cacheDirectory();
  const cancelled = new AbortController();
  const pull = !hasOpenClawImage(defaultOpenClawVersion, cache);
  const building = ensureOpenClawImage({
    cacheDirectory: cache,
    report: reportAs('OpenClaw image', report),
    signal: AbortSignal.any([signal, cancelled.signal]),
  });
  building.catch(() => undefined); // Its failure is looked at below.
  return {
    async bring(kubernetes, progress) {
      if (pull) {
        const official = officialImageOf(defaultOpenClawVersion);
        progress(`asking for the official image ${official}`);
        const obstacle = await kubernetes.pullImage(official, signal);
        if (obstacle === undefined) {
          cancelled.abort();
          return official;
        }
        report(
          `OpenClaw image: the official one cannot be had (${obstacle.slice(0, 200)}); using one that is built here`,
        );
      }
      progress('waiting for the OpenClaw image');
      const { archive, reference } = await building;
      progress('importing the OpenClaw image into the node');
      await kubernetes.importImage(archive);
      return reference;
    },
  };
}
