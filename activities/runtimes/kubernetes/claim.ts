import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { metadataOf, type Membership } from './dependents.ts';
import { changeFenced, ensureFenced, removeFenced, type Attempt } from './fenced.ts';
import { placeOf } from './names.ts';
import type { Kinds, Manifest, Stored } from './objects.ts';
import { byteQuantity, bytesOf } from './quantity.ts';

/**
 * The claim of an instance's state; its size is never reduced. It is born with the workload as its owner, so that a
 * late birth after a removal is collected, and freed of it at once, so that it outlives the workload.
 * @throws Problem 'cluster.refused' where the storage class cannot grow a volume
 */
export async function ensureClaim(
  spec: WorkloadSpec,
  member: Membership,
  storageClassName: string | undefined,
): Promise<void> {
  const { ref, attempt, expected } = member;
  const wantedBytes = spec.resources.storageBytes;
  const place = placeOf(ref);
  const manifest: Manifest<Kinds['PersistentVolumeClaim']> = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadataOf(member),
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
  const { object } = await ensureFenced('PersistentVolumeClaim', manifest, place, attempt, release, expected);
  if (object.metadata.ownerReferences) await changeFenced('PersistentVolumeClaim', place, attempt, release, object);
}

/** The cluster waits with it until no pod uses the claim. */
export const removeClaim = (ref: InstanceRef, attempt: Attempt): Promise<void> =>
  removeFenced('PersistentVolumeClaim', placeOf(ref), attempt);
