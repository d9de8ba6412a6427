import type { InstanceRef } from '../runtime.ts';
import { changeFenced, removeFenced, type Attempt } from './fenced.ts';
import { placeOf } from './names.ts';

/**
 * The claim is marked first, and stays: a creation that wakes up after the removal finds a higher generation there.
 * What belongs to the StatefulSet goes with it.
 */
export async function removeInstance(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const place = placeOf(ref);
  await changeFenced('PersistentVolumeClaim', place, attempt);
  await removeFenced('StatefulSet', place, attempt, { propagationPolicy: 'Background' });
}
