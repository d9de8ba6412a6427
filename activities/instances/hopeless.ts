import { Problem } from '../../workflows/contracts/problem.ts';
import type { ObservedInstance } from '../runtimes/runtime.ts';
import { isOver } from './look.ts';
import { wantedOf, type InstanceStep, type Target } from './target.ts';

/** The kubelet does not try these again by itself, or only the same way. */
const imageNeverComes = ['ErrImageNeverPull', 'InvalidImageName'];
/** Failing, or under way: a registry that never answers looks like one that is slow. */
const imageHasNotCome = ['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'Pulling'];
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
  const isLate = isOver(step, step.deps.imagePatienceMs);
  if (reason && (imageNeverComes.includes(reason) || (isLate && imageHasNotCome.includes(reason)))) {
    const { image, package: fromPackage } = (await wantedOf(step, step.operation.revision)).workload.agentVersion;
    throw new Problem(
      'agent.image-unavailable',
      `${image ?? fromPackage}: ${[reason, message].filter(Boolean).join(': ')}`,
    );
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
