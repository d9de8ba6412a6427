import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { assetData } from './assets.ts';
import { changeFenced, ensureFenced, together, type Attempt } from './fenced.ts';
import { objectLabelsOf, placeOf, selectorOf } from './names.ts';
import type { PolicySpec } from './network.ts';
import type { Kinds, Manifest, Stored } from './objects.ts';
import { sorted } from './sorted.ts';

type Owner = NonNullable<Stored['metadata']['ownerReferences']>[number];

/** What belongs to a StatefulSet and goes with it: the garbage collector removes what is written after its end. */
const dependentKinds = ['ConfigMap', 'Secret', 'Service', 'NetworkPolicy'] as const;
type DependentKind = (typeof dependentKinds)[number];

/** To which workload an object belongs, and on whose behalf it is written. */
export interface Membership {
  ref: InstanceRef;
  anchor: Stored;
  attempt: Attempt;
  /** Beside a workload that was created a moment ago there is nothing yet. */
  expected: 'absent' | 'unread';
}

export const metadataOf = ({ ref, anchor }: Membership) => ({
  ...placeOf(ref),
  labels: objectLabelsOf(ref),
  ownerReferences: [
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      name: anchor.metadata.name,
      uid: anchor.metadata.uid,
    } satisfies Owner,
  ],
});

/** @param adopt brings a stored object up to date; labels and owner are seen to here */
function ensureDependent<K extends DependentKind>(
  kind: K,
  member: Membership,
  manifest: Manifest<Kinds[K]>,
  adopt: (stored: Stored<Kinds[K]>) => void,
): Promise<unknown> {
  const edit = (stored: Stored<Kinds[K]>): void => {
    Object.assign((stored.metadata.labels ??= {}), manifest.metadata.labels);
    stored.metadata.ownerReferences = manifest.metadata.ownerReferences;
    adopt(stored);
  };
  return ensureFenced(kind, manifest, placeOf(member.ref), member.attempt, edit, member.expected);
}

export function ensureConfigMap(spec: WorkloadSpec, member: Membership) {
  const data = { ...Object.fromEntries(sorted(spec.configuration.files)), ...assetData(spec.assets) };
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf(member), data };
  return ensureDependent('ConfigMap', member, manifest, (stored) => void (stored.data = data));
}

export function ensureSecret(spec: WorkloadSpec, member: Membership) {
  const encoded = sorted(spec.secretEnvironment).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const data: Record<string, string> = Object.fromEntries(encoded);
  const manifest = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: metadataOf(member), data };
  return ensureDependent('Secret', member, manifest, (stored) => void (stored.data = data));
}

export function ensureService(spec: WorkloadSpec, member: Membership) {
  const service: NonNullable<Manifest<Kinds['Service']>['spec']> = {
    type: 'ClusterIP',
    selector: selectorOf(member.ref),
    ports: [{ name: 'gateway', protocol: 'TCP', port: spec.port, targetPort: 'gateway' }],
  };
  const manifest = { apiVersion: 'v1', kind: 'Service', metadata: metadataOf(member), spec: service };
  // Its address was given by the cluster and stays.
  return ensureDependent('Service', member, manifest, (stored) => void Object.assign((stored.spec ??= {}), service));
}

export function ensureNetworkPolicy(policy: PolicySpec, member: Membership) {
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(member),
    spec: policy,
  };
  return ensureDependent('NetworkPolicy', member, manifest, (stored) => void (stored.spec = policy));
}

const rememberedInstances = 10_000;
/** Generations only grow, so that what was marked once need not be looked at again by the same operation. */
const marked = new WeakMap<Attempt['cluster']['access'], Map<string, number>>();

/** Marks everything of the instance with our generation, so that an older attempt that wakes up late is refused. */
export async function markDependents(ref: InstanceRef, attempt: Attempt): Promise<void> {
  if (marked.get(attempt.cluster.access)?.get(ref.instanceId) === attempt.fence.generation) return;
  const kinds = [...dependentKinds, 'PersistentVolumeClaim'] as const;
  await together(kinds.map((kind) => changeFenced(kind, placeOf(ref), attempt)));
  rememberMarked(ref, attempt);
}

export function rememberMarked(ref: InstanceRef, { cluster, fence }: Attempt): void {
  const generations = marked.get(cluster.access) ?? new Map<string, number>();
  marked.set(cluster.access, generations);
  generations.delete(ref.instanceId);
  generations.set(ref.instanceId, fence.generation);
  const oldest = generations.keys().next();
  if (generations.size > rememberedInstances && !oldest.done) generations.delete(oldest.value);
}
