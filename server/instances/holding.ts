import type { Resources } from '../../activities/runtimes/runtime.ts';
import type { Power } from '../../workflows/contracts/phases.ts';
import type { Amounts } from '../quotas/amounts.ts';

const nothingHeld: Amounts = { cpuMillis: 0, memoryBytes: 0, storageBytes: 0, instances: 0 };

/**
 * What an instance takes from its tenant's quota once nothing is being changed: running everything, stopped its place
 * and its volume, deleted only a volume that was kept, a failed creation nothing.
 */
export function holdingOf(
  state: { power: Power; deleted: boolean; failedCreation: boolean; volumePresent: boolean },
  resources: Resources,
): Amounts {
  const storageBytes = state.volumePresent ? resources.storageBytes : 0;
  if (state.failedCreation) return nothingHeld;
  if (state.deleted) return { ...nothingHeld, storageBytes };
  if (state.power === 'off') return { ...nothingHeld, storageBytes: resources.storageBytes, instances: 1 };
  return { ...resources, instances: 1 };
}

/** While an operation runs both ends are held, so that neither going on nor going back can fail for quota. */
export const atLeast = (a: Amounts, b: Amounts): Amounts => ({
  cpuMillis: Math.max(a.cpuMillis, b.cpuMillis),
  memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
  storageBytes: Math.max(a.storageBytes, b.storageBytes),
  instances: Math.max(a.instances, b.instances),
});
