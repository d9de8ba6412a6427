import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../workflows/contracts/problem.ts';
import { isOver, look } from './look.ts';
import { targetOf, type InstanceStep, type Target } from './target.ts';

const pollMs = 500;
/** A busy agent may drain for 330 s before it ends. */
const stoppedWithinMs = 10 * 60_000;

/** Stopped means that no process is left. @throws Problem 'instance.state-conflict' when it does not end in time */
export const awaitStopped = async (step: InstanceStep): Promise<void> => awaitNoProcess(step, await targetOf(step));

/** Ends when neither workload nor process is there. */
export async function awaitRemoved(step: InstanceStep): Promise<void> {
  const target = await targetOf(step);
  await awaitNoProcess(step, target, { alsoWorkload: true });
}

export async function awaitNoProcess(
  step: InstanceStep,
  target: Target,
  { alsoWorkload = false }: { alsoWorkload?: boolean } = {},
): Promise<void> {
  for (;;) {
    const observed = await look(step, target);
    if (!observed.processPresent && !(alsoWorkload && observed.exists)) return;
    const detail = [observed.terminating ? 'ending' : 'still there', observed.reason, observed.message]
      .filter(Boolean)
      .join(': ');
    if (isOver(step, stoppedWithinMs))
      throw new Problem('instance.state-conflict', `The process did not end: ${detail}`);
    await sleep(pollMs, undefined, { signal: step.signal });
  }
}

/** The claim is gone, not only asked to go: until then it is counted, and its name is taken. */
export async function awaitNoVolume(step: InstanceStep, target: Target): Promise<void> {
  while ((await look(step, target)).volumePresent) {
    if (isOver(step, stoppedWithinMs)) throw new Problem('instance.state-conflict', 'The volume is still there.');
    await sleep(pollMs, undefined, { signal: step.signal });
  }
}
