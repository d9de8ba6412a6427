import type { Cluster } from '../../../activities/runtimes/kubernetes/cluster.ts';
import { annotations, labels } from '../../../activities/runtimes/kubernetes/names.ts';

interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

interface Listed {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
  spec?: unknown;
  data?: Record<string, string>;
}

/** Made by the cluster for another object, under names and with contents of its own choosing: counted, not compared. */
const derived = ['Pod', 'ControllerRevision', 'Endpoints', 'EndpointSlice'];
const ignored = ['Event'];

export interface Subject {
  instanceId: string;
  /** The newest operation of the instance, and its generation. */
  operationId: string;
  generation: number;
}

const read = async <T>(cluster: Cluster, path: string): Promise<T> =>
  JSON.parse(await cluster.text(path, {}, AbortSignal.timeout(15_000))) as T;

/** The paths of everything that a namespace can hold. */
async function collections(cluster: Cluster): Promise<{ path: string; resource: Resource }[]> {
  const { groups } = await read<{ groups: { preferredVersion: { groupVersion: string } }[] }>(cluster, '/apis');
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const found = await Promise.all(
    roots.map(async (root) => {
      const { resources } = await read<{ resources: Resource[] }>(cluster, root);
      return resources
        .filter(({ name, namespaced, verbs }) => namespaced && !name.includes('/') && verbs.includes('list'))
        .map((resource) => ({ path: root, resource }));
    }),
  );
  return found.flat().filter(({ resource }) => !ignored.includes(resource.kind));
}

/**
 * Every object of a namespace, comparable between two runs: what differs between any two instances (ids, the newest
 * operation, times, addresses) is left out or replaced by a word.
 */
export async function inventoryOf(cluster: Cluster, namespace: string, subject: Subject): Promise<string[]> {
  const lists = await Promise.all(
    (await collections(cluster)).map(async ({ path, resource }) => {
      const { items } = await read<{ items: Listed[] }>(cluster, `${path}/namespaces/${namespace}/${resource.name}`);
      return items.map((object) => describe(resource.kind, object, subject));
    }),
  );
  return lists.flat().toSorted();
}

function describe(kind: string, object: Listed, subject: Subject): string {
  const { metadata, spec, data } = object;
  const ownName = metadata.name.replace(subject.instanceId, 'INSTANCE');
  if (derived.includes(kind)) return `${kind} ${ownName.replace(/INSTANCE-(?!0$).*$/, 'INSTANCE-*')}`;
  const { generation, operationId } = subject;
  const content = {
    leaving: metadata.deletionTimestamp !== undefined,
    labels: metadata.labels,
    annotations: {
      ...metadata.annotations,
      [annotations.generation]: replaced(metadata.annotations?.[annotations.generation], String(generation), 'newest'),
      [annotations.operation]: replaced(metadata.annotations?.[annotations.operation], operationId, 'newest'),
    },
    spec,
    data: kind === 'Secret' ? Object.keys(data ?? {}) : data,
  };
  const text = JSON.stringify(content, (key, value: unknown) => (volatile.has(key) ? undefined : value));
  return `${kind} ${ownName} ${text.replaceAll(subject.instanceId, 'INSTANCE')}`;
}

/** Addresses and volumes that the cluster chose, and hashes over ids and random tokens. */
const volatile = new Set<string>([
  'clusterIP',
  'clusterIPs',
  'volumeName',
  annotations.environmentHash,
  annotations.manifestHash,
  annotations.displayName,
  labels.name,
]);

const replaced = (value: string | undefined, known: string, word: string): string | undefined =>
  value === known ? word : value;
