import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parse, stringify } from 'yaml';
import { connectCluster } from '../../../activities/runtimes/kubernetes/connect.ts';
import { kubernetesRuntime, type KubernetesRuntime } from '../../../activities/runtimes/kubernetes/index.ts';
import { parseKubeconfig } from '../../../activities/runtimes/kubernetes/kubeconfig.ts';
import { labels, namespaceOf } from '../../../activities/runtimes/kubernetes/names.ts';
import type { Kind, Stored } from '../../../activities/runtimes/kubernetes/objects.ts';
import type { Site } from './harness.ts';
import { never } from './scene.ts';
import { openSeverable } from './severable-server.ts';
import { describeRuntime } from './suite.ts';

const kubeconfigPath = process.env['TEST_CONTROL_PLANE_KUBECONFIG'];
const image = process.env['TEST_OPENCLAW_IMAGE'];

const kinds: readonly Kind[] = [
  'StatefulSet',
  'Pod',
  'ConfigMap',
  'Secret',
  'Service',
  'NetworkPolicy',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'LimitRange',
];
/** The cluster's own, in every namespace. */
const clustersOwn = 'kube-root-ca.crt';

async function start(): Promise<Site> {
  // Loading it holds everything up for a second, which the gate before writes takes for a stop of the process.
  await import('@kubernetes/client-node');
  const kubeconfig = readFileSync(kubeconfigPath ?? '', 'utf8');
  const cluster = connectCluster(parseKubeconfig(kubeconfig), 15_000);
  const tenantId = randomUUID();
  const namespace = namespaceOf(tenantId);
  const runtimes: KubernetesRuntime[] = [];
  const closings: (() => Promise<void>)[] = [];
  const open = (text = kubeconfig): KubernetesRuntime => {
    const runtime = kubernetesRuntime({ kubeconfig: text, dnsPolicy: 'Default', clusterRanges: ['10.244.0.0/16'] });
    runtimes.push(runtime);
    return runtime;
  };
  return {
    runtime: open(),
    tenantId,
    runs: { image: image ?? '', package: null },
    successor: async () => open(),
    severable: async () => {
      const { hostname, port } = new URL(cluster.access.server);
      const way = await openSeverable(hostname, Number(port || 443));
      closings.push(way.close);
      return { runtime: open(throughWay(kubeconfig, way.port, hostname)), cut: async () => way.cut() };
    },
    agentsOf: async ({ instanceId }) => {
      const query = { labelSelector: `${labels.instance}=${instanceId}` };
      const { items } = await cluster.list('Pod', namespace, query, never);
      return items.filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? '')).length;
    },
    remains: async () => {
      const found = await Promise.all(
        kinds.map(async (kind) => {
          const { items }: { items: Stored[] } = await cluster.list(kind, namespace, {}, never);
          return items.map(({ metadata }) => `${kind} ${metadata.name}`);
        }),
      );
      const space = await cluster.get('Namespace', undefined, namespace, never);
      return [...found.flat().filter((name) => !name.endsWith(clustersOwn)), ...(space ? [namespace] : [])];
    },
    stop: async () => {
      const space = await cluster.get('Namespace', undefined, namespace, never);
      if (space) await cluster.remove('Namespace', undefined, namespace, { uid: space.metadata.uid }, never);
      await Promise.all([cluster.close(), ...runtimes.map((runtime) => runtime.close())]);
      for (const close of closings) await close();
    },
  };
}

/** The same cluster as the same identity, by another address; its certificate stays that of the server itself. */
function throughWay(kubeconfig: string, port: number, serverName: string): string {
  const document = parse(kubeconfig) as { clusters: { cluster: Record<string, unknown> }[] };
  for (const { cluster } of document.clusters) {
    cluster['server'] = `https://127.0.0.1:${port}`;
    if (!isIP(serverName)) cluster['tls-server-name'] ??= serverName;
  }
  return stringify(document);
}

const skip = !kubeconfigPath
  ? 'TEST_CONTROL_PLANE_KUBECONFIG names no cluster'
  : !image
    ? 'TEST_OPENCLAW_IMAGE names no image on a node'
    : null;

describeRuntime('kubernetes', { skip, start });
