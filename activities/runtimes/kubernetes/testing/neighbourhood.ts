import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';

import type { Egress, InstanceRef, OneShot, StateTool } from '../../runtime.ts';
import type { Cluster } from '../cluster.ts';
import { listFiles } from '../files.ts';
import { labels, namespaceOf, objectNameOf } from '../names.ts';
import type { Kinds, Stored } from '../objects.ts';
import { joinCluster, type TestCluster } from './cluster.ts';
import { buildFence } from './fence.ts';
import type { PolicyPod } from './policy-verdict.ts';
import { buildRef, buildWorkload } from './workload.ts';

type StoredPod = Stored<Kinds['Pod']>;
type Kind = 'instance' | 'one-shot' | 'state-copy' | 'files' | 'platform' | 'stranger';

/** A pod of the neighbourhood, and what the design gives its kind. */
export interface Party {
  title: string;
  kind: Kind;
  stored: StoredPod;
  /** As policies see it. */
  pod: PolicyPod;
  /** Of an instance: what its configuration opens. */
  egress: readonly Egress[];
}

/** Two companies side by side with all that a platform puts on a cluster, and with others who are there as well. */
export interface Neighbourhood {
  cluster: Cluster;
  signal: AbortSignal;
  parties: Party[];
  tenantIds: string[];
  refs: InstanceRef[];
  leave(): Promise<void>;
}

interface NeighbourhoodOptions {
  /** What no agent is given access to. */
  clusterRanges: readonly string[];
  /** Of each tenant: an entry a project, in it an entry an instance with what it opens. */
  projects: readonly (readonly (readonly Egress[])[])[];
  image: string;
}

const tool = (image: string): StateTool => ({ image, user: { uid: 1000, gid: 1000 }, leftOut: [] });
const mebibyte = 1024 ** 2;
const patience = { timeout: 30_000, interval: 100 };
/** Nothing runs here, so that nobody gets an address: each is given one of the pods' network, like a real one's. */
const addressOf = ({ status }: StoredPod, index: number): string[] => {
  const given = (status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []);
  return given.length > 0 ? given : [`10.244.7.${index + 1}`];
};

/** Everything is written by the product's own code; only the platform's and the strangers' pods are made here. */
const filesCall = { dnsPolicy: 'Default', assertValid: () => undefined } as const;

export async function settle({ clusterRanges, projects, image }: NeighbourhoodOptions): Promise<Neighbourhood> {
  const [own, other] = [await joinCluster(clusterRanges), await joinCluster(clusterRanges)];
  const { cluster, signal } = own;
  const wishes: { ref: InstanceRef; egress: readonly Egress[] }[] = [];
  const ending = new AbortController();
  const underWay: Promise<unknown>[] = [];

  for (const { runtime, tenantId } of [own, other]) {
    for (const instances of projects) {
      const projectId = randomUUID();
      for (const egress of instances) {
        const ref = { ...buildRef(tenantId), projectId };
        await runtime.ensureInstance(ref, buildWorkload({ image, egress: [...egress] }), buildFence(1), signal);
        wishes.push({ ref, egress });
      }
    }
    const [first] = wishes.filter(({ ref }) => ref.tenantId === tenantId);
    if (!first) throw new Error('A tenant without an instance has no state to copy');
    const errand = { ...buildFence(1), imagePatienceMs: 600_000 };
    underWay.push(runtime.runOnce(buildJob(tenantId, image), errand, ending.signal));
    underWay.push(runtime.readState(first.ref, tool(image), ending.signal));
    underWay.push(listFiles('', { ...filesCall, cluster, ref: first.ref, signal: ending.signal }));
  }
  for (const one of underWay) one.catch(() => undefined); // Ended below, before they get anywhere.
  const tenantIds = [own.tenantId, other.tenantId];
  const spaces = tenantIds.map(namespaceOf);
  // Those of instances at rest come before any of an agent.
  await vi.waitFor(async () => {
    const { length } = await podsIn(cluster, spaces, signal);
    if (length !== underWay.length) throw new Error(`${length} of ${underWay.length} pods are there`);
  }, patience);
  for (const { ref } of wishes) await own.runtime.power(ref, 'on', buildFence(1), signal);

  const platform = await buildNamespace(cluster, { [labels.role]: 'platform' }, signal);
  const strangers = await buildNamespace(cluster, {}, signal);
  const [instance] = wishes;
  await buildPod(cluster, platform, 'worker', {}, signal);
  await buildPod(cluster, strangers, 'stranger', {}, signal);
  // Who looks like the platform, or like the agent itself, but is neither: the names of pods' labels are anybody's.
  await buildPod(cluster, strangers, 'impostor', { [labels.role]: 'platform' }, signal);
  await buildPod(cluster, strangers, 'look-alike', { [labels.instance]: instance?.ref.instanceId ?? '' }, signal);

  const wantedPods = wishes.length + underWay.length + 4;
  const found = await vi.waitFor(async () => {
    const pods = await podsIn(cluster, [...spaces, platform, strangers], signal);
    if (pods.length !== wantedPods) throw new Error(`${pods.length} of ${wantedPods} pods are there`);
    return pods;
  }, patience);

  const parties = await Promise.all(
    found.map(async (stored, index): Promise<Party> => {
      const { name, namespace = '' } = stored.metadata;
      const wish = wishes.find(({ ref }) => name === `${objectNameOf(ref.instanceId)}-0`);
      const space = spaces.indexOf(namespace);
      const short = (): Kind =>
        name.endsWith('-state') ? 'state-copy' : name.endsWith('-files') ? 'files' : 'one-shot';
      const inSpace = (): Kind => (wish ? 'instance' : short());
      const kind = space >= 0 ? inSpace() : namespace === platform ? 'platform' : 'stranger';
      return {
        title: space >= 0 ? `${kind} ${index} of tenant ${space + 1}` : name,
        kind,
        stored,
        pod: await policyPodOf(cluster, stored, addressOf(stored, index), signal),
        egress: wish?.egress ?? [],
      };
    }),
  );

  return {
    cluster,
    signal,
    parties,
    tenantIds,
    refs: wishes.map(({ ref }) => ref),
    async leave() {
      ending.abort();
      await Promise.allSettled(underWay);
      for (const name of [platform, strangers]) await removeNamespace(cluster, name, signal);
      await Promise.all([own, other].map((joined: TestCluster) => joined.leave()));
    },
  };
}

async function policyPodOf(
  cluster: Cluster,
  { metadata, spec }: StoredPod,
  addresses: string[],
  signal: AbortSignal,
): Promise<PolicyPod> {
  const namespace = await cluster.get('Namespace', undefined, metadata.namespace ?? '', signal);
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return {
    namespace: { name: metadata.namespace ?? '', labels: namespace?.metadata.labels ?? {} },
    labels: metadata.labels ?? {},
    addresses,
    namedPorts: Object.fromEntries(
      ports.flatMap(({ name, containerPort }) => (name ? [[name, { port: containerPort, protocol: 'TCP' }]] : [])),
    ),
  };
}

async function podsIn(cluster: Cluster, namespaces: readonly string[], signal: AbortSignal): Promise<StoredPod[]> {
  const lists = await Promise.all(namespaces.map((namespace) => cluster.list('Pod', namespace, {}, signal)));
  return lists.flatMap(({ items }) => items);
}

const buildJob = (tenantId: string, image: string): OneShot => ({
  tenantId,
  name: 'validate',
  image,
  package: null,
  command: ['node', '--version'],
  environment: {},
  files: { mountPath: '/in', files: { 'a.json': '{}' } },
  user: { uid: 1000, gid: 1000 },
  scratch: [{ mountPath: '/tmp', sizeBytes: mebibyte }],
  resources: { cpuMillis: 50, memoryBytes: 64 * mebibyte },
  timeoutMs: 600_000,
});

async function buildNamespace(cluster: Cluster, own: Record<string, string>, signal: AbortSignal): Promise<string> {
  const name = `test-${randomUUID().slice(0, 8)}`;
  const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: own } };
  await cluster.create('Namespace', undefined, manifest, signal);
  return name;
}

async function removeNamespace(cluster: Cluster, name: string, signal: AbortSignal): Promise<void> {
  const stored = await cluster.get('Namespace', undefined, name, signal);
  if (stored) await cluster.remove('Namespace', undefined, name, { uid: stored.metadata.uid }, signal);
}

/** A pod that nobody ever starts. Waits for the namespace's service account, without which none is admitted. */
async function buildPod(
  cluster: Cluster,
  namespace: string,
  name: string,
  own: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: own },
    spec: {
      nodeSelector: { 'nobody.example/is-here': 'true' },
      containers: [{ name: 'idle', image: 'nobody.example/none:1' }],
    },
  };
  await vi.waitFor(() => cluster.create('Pod', namespace, manifest, signal), patience);
}
