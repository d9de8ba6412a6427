import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { WavePlan, WaveSize } from '../rollout.types.ts';

export interface WaveTarget {
  instanceId: string;
  labels: Readonly<Record<string, string>>;
}

export interface PlannedWave {
  /** From 1. */
  number: number;
  instanceIds: string[];
}

export type WavesPlanned = { waves: PlannedWave[]; faults?: undefined } | { waves?: undefined; faults: Fault[] };

const roundingError = 1e-6;

/**
 * Cuts the targets into waves: each target in exactly one, in the order given.
 * Faults, with pointers into the request, where a wave gets nothing, targets are left over, or percents exceed 100.
 */
export function planWaves(targets: readonly WaveTarget[], plans: readonly Pick<WavePlan, 'size'>[]): WavesPlanned {
  const waves: PlannedWave[] = [];
  const faults: Fault[] = [];
  let left = [...targets];
  let percents = 0;
  for (const [index, { size }] of plans.entries()) {
    const pointer = `/strategy/waves/${index}/size`;
    if ('percent' in size && (percents += size.percent) > 100 + roundingError) {
      faults.push({ pointer: `${pointer}/percent`, detail: `The percents add up to ${Number(percents.toFixed(2))}.` });
    }
    const taken = new Set(take(size, left, targets.length));
    if (taken.size === 0) faults.push({ pointer, detail: 'No target is left for this wave.' });
    waves.push({ number: index + 1, instanceIds: [...taken].map(({ instanceId }) => instanceId) });
    left = left.filter((target) => !taken.has(target));
  }
  if (left.length > 0) {
    faults.push({
      pointer: '/strategy/waves',
      detail: `${left.length} of ${targets.length} targets are in no wave. End with one of size {"rest": true}.`,
    });
  }
  return faults.length > 0 ? { faults } : { waves };
}

function take(size: WaveSize, left: readonly WaveTarget[], total: number): readonly WaveTarget[] {
  if ('count' in size) return left.slice(0, size.count);
  if ('percent' in size) return left.slice(0, Math.ceil((total * size.percent) / 100));
  if ('labels' in size) {
    const wanted = Object.entries(size.labels);
    return left.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value));
  }
  return left;
}
