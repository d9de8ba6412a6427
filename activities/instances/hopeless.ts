import { Problem } from '../../workflows/contracts/problem.ts';
import type { ObservedInstance } from '../runtimes/runtime.ts';
import { isOver } from './look.ts';
import type { InstanceStep, Target } from './target.ts';

/** The kubelet does not try these again by itself, or only the same way. */
const imageNeverComes = ['ErrImageNeverPull', 'InvalidImageName'];
const imageFailsNow = ['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable'];
const restartsUntilCrashed = 3;
const quotaPatienceMs = 20_000;

/** Ends a wait that cannot come to anything, with the reason. */
export async function assertStillHopeful(
  step: InstanceStep,
  target: Target,
  observed: ObservedInstance,
): Promise<void> {
  // The process before it may still be there; what ails that one is over.
  if (observed.processPresent && !observed.current) return;
  const { reason, message } = observed;
  if (reason && imageNeverComes.includes(reason)) throw new Problem('agent.image-unavailable', message ?? reason);
  if (reason && imageFailsNow.includes(reason) && isOver(step, step.deps.imagePatienceMs)) {
    throw new Problem('agent.image-unavailable', message ?? reason);
  }
  if (message?.includes('exceeded quota') && isOver(step, quotaPatienceMs)) {
    throw new Problem('cluster.quota-exceeded', message);
  }
  if (observed.exitCode === null || !observed.current || observed.ready) return;

  const lines = await target.runtime.tailLogs(target.ref, 50, step.signal);
  const { meaning, detail } = target.adapter.classifyExit(observed.exitCode, lines);
  const said = detail ?? message ?? `exit code ${observed.exitCode}`;
  if (meaning === 'misconfigured') throw new Problem('agent.misconfigured', said);
  if (observed.restarts >= restartsUntilCrashed) throw new Problem('agent.crashed', said);
}
