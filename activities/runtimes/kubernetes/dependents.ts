import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { changeFenced, ensureFenced, together, type Attempt } from './fenced.ts';
import { labels, objectLabelsOf, placeOf, selectorOf } from './names.ts';
import type { PolicySpec } from './network.ts';
import type { Kinds, Manifest, Stored } from './objects.ts';
import { sorted } from './workload.ts';

type Owner = NonNullable<Stored['metadata']['ownerReferences']>[number];

/** What belongs to a StatefulSet and goes with it: the garbage collector removes what is written after its end. */
const dependentKinds = ['ConfigMap', 'Secret', 'Service', 'NetworkPolicy'] as const;
type DependentKind = (typeof dependentKinds)[number];

export const ownerOf = (anchor: Stored): Owner => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  name: anchor.metadata.name,
  uid: anchor.metadata.uid,
});

const metadataOf = (ref: InstanceRef, anchor: Stored) => ({
  ...placeOf(ref),
  labels: objectLabelsOf(ref),
  ownerReferences: [ownerOf(anchor)],
});

/**
 * @param fields compared and replaced as a whole, so that what is gone from them is removed; the rest of the object
 * is the cluster's
 */
function ensureDependent<K extends DependentKind>(
  kind: K,
  manifest: Manifest<Kinds[K]>,
  ref: InstanceRef,
  attempt: Attempt,
  fields: Partial<Record<string, unknown>>,
): Promise<Stored<Kinds[K]>> {
  return ensureFenced(kind, manifest, placeOf(ref), attempt, (stored) => {
    Object.assign((stored.metadata.labels ??= {}), manifest.metadata.labels);
    stored.metadata.ownerReferences = manifest.metadata.ownerReferences;
    Object.assign(stored, fields);
  });
}

export function ensureConfigMap(ref: InstanceRef, spec: WorkloadSpec, anchor: Stored, attempt: Attempt) {
  const data = Object.fromEntries(sorted(spec.configuration.files));
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf(ref, anchor), data };
  return ensureDependent('ConfigMap', manifest, ref, attempt, { data });
}

export function ensureSecret(ref: InstanceRef, spec: WorkloadSpec, anchor: Stored, attempt: Attempt) {
  const encoded = sorted(spec.secretEnvironment).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const data: Record<string, string> = Object.fromEntries(encoded);
  const manifest = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: metadataOf(ref, anchor),
    data,
  };
  return ensureDependent('Secret', manifest, ref, attempt, { data });
}

export function ensureService(ref: InstanceRef, spec: WorkloadSpec, anchor: Stored, attempt: Attempt) {
  const manifest: Manifest<Kinds['Service']> = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(ref, anchor),
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(ref),
      ports: [{ name: 'gateway', protocol: 'TCP', port: spec.port, targetPort: 'gateway' }],
    },
  };
  return ensureFenced('Service', manifest, placeOf(ref), attempt, (stored) => {
    Object.assign((stored.metadata.labels ??= {}), manifest.metadata.labels);
    stored.metadata.ownerReferences = manifest.metadata.ownerReferences;
    // Its address was given by the cluster and stays.
    Object.assign((stored.spec ??= {}), manifest.spec);
  });
}

export function ensureNetworkPolicy(ref: InstanceRef, policy: PolicySpec, anchor: Stored, attempt: Attempt) {
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(ref, anchor),
    spec: policy,
  };
  return ensureDependent('NetworkPolicy', manifest, ref, attempt, { spec: policy });
}

/** Marks everything of the instance with our generation, so that an older attempt that wakes up late is refused. */
export async function stampDependents(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const kinds = [...dependentKinds, 'PersistentVolumeClaim'] as const;
  await together(kinds.map((kind) => changeFenced(kind, placeOf(ref), attempt)));
}
