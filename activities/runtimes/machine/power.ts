import { z } from 'zod';
import type { Power } from '../../../workflows/contracts/phases.ts';
import type { InstanceRef } from '../runtime.ts';
import { withoutWorkload } from './ensure.ts';
import { changeFenced, identityOf, readHead, stampOf, type Attempt } from './fenced.ts';

export async function power(ref: InstanceRef, wanted: Power, attempt: Attempt): Promise<void> {
  await changeFenced(ref, attempt, ({ exists }) => {
    if (exists) return wanted === 'on' ? { power: 'on', killed: false } : { power: 'off' };
    if (wanted === 'on') throw withoutWorkload();
    return undefined;
  });
}

export async function restart(ref: InstanceRef, token: string, attempt: Attempt): Promise<void> {
  await changeFenced(ref, attempt, ({ exists }) => {
    if (!exists) throw withoutWorkload();
    return { restart: token };
  });
}

/** The machine gives it one second, and whoever looks next ends what is left should this worker die meanwhile. */
export async function kill(ref: InstanceRef, attempt: Attempt): Promise<void> {
  await changeFenced(ref, attempt, ({ exists }) => (exists ? { power: 'off', killed: true } : undefined));
}

export async function removeInstance(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const before = await changeFenced(ref, attempt, ({ exists }) =>
    exists ? { power: 'off', removed: true } : undefined,
  );
  if (before === undefined) await markVolume(ref, attempt);
}

export async function removeVolume(ref: InstanceRef, attempt: Attempt): Promise<void> {
  await markVolume(ref, attempt, { removed: true });
}

/** An older attempt that wakes up late finds our generation. Nothing where there is no volume. */
export async function markVolume(ref: InstanceRef, attempt: Attempt, mark: { removed?: true } = {}): Promise<void> {
  const { keeper, fence, signal } = attempt;
  await readHead(ref, attempt);
  fence.assertValid();
  await keeper.call('mark-volume', { ...identityOf(ref), stamp: stampOf(fence), ...mark }, z.null(), signal);
}
