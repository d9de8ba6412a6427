import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { ownerOf } from './dependents.ts';
import { changeFenced, ensureFenced, removeFenced, type Attempt } from './fenced.ts';
import { objectLabelsOf, placeOf } from './names.ts';
import type { Kinds, Manifest, Stored } from './objects.ts';
import { byteQuantity, bytesOf } from './quantity.ts';

/**
 * The claim of an instance's state; its size is never reduced. It is born with the workload as its owner, so that a
 * late birth after a removal is collected, and freed of it at once, so that it outlives the workload.
 * @throws Problem 'cluster.refused' where the storage class cannot grow a volume
 */
export async function ensureClaim(
  ref: InstanceRef,
  spec: WorkloadSpec,
  anchor: Stored,
  attempt: Attempt,
  storageClassName: string | undefined,
): Promise<void> {
  const wantedBytes = spec.resources.storageBytes;
  const place = placeOf(ref);
  const manifest: Manifest<Kinds['PersistentVolumeClaim']> = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...place, labels: objectLabelsOf(ref), ownerReferences: [ownerOf(anchor)] },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: byteQuantity(wantedBytes) } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
  const release = (stored: Stored<Kinds['PersistentVolumeClaim']>): void => {
    delete stored.metadata.ownerReferences;
    Object.assign((stored.metadata.labels ??= {}), manifest.metadata.labels);
    const requests = stored.spec?.resources?.requests;
    if (requests && bytesOf(requests['storage'] ?? '0') < wantedBytes) requests['storage'] = byteQuantity(wantedBytes);
  };
  const stored = await ensureFenced('PersistentVolumeClaim', manifest, place, attempt, release);
  if (stored.metadata.ownerReferences) await changeFenced('PersistentVolumeClaim', place, attempt, release);
}

/** The cluster waits with it until no pod uses the claim. */
export const removeClaim = (ref: InstanceRef, attempt: Attempt): Promise<void> =>
  removeFenced('PersistentVolumeClaim', placeOf(ref), attempt);
