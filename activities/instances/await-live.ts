import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ObservedInstance } from '../runtimes/runtime.ts';
import { assertStillHopeful } from './hopeless.ts';
import { isOver, look } from './look.ts';
import { aimOf, gatewayTokenOf, targetOf, type InstanceStep, type Target, type Wanted } from './target.ts';

/** What a cluster says of every process that starts; nothing to be shown as a fault. */
const onItsWay: readonly string[] = ['ContainersNotReady', 'ContainerCreating', 'PodInitializing'];
const pollMs = 500;
const proofPollMs = 700;

export const awaitReady = async (step: InstanceStep): Promise<void> => awaitReadiness(step, await targetOf(step));

export const proveConfiguration = async (step: InstanceStep): Promise<void> => {
  const { target, wanted } = await aimOf(step, [step.operation.revision]);
  return awaitProof(step, target, wanted[0]);
};

/** @throws Problem 'agent.misconfigured', 'agent.crashed', 'agent.image-unavailable', 'agent.not-ready' */
export async function awaitReadiness(step: InstanceStep, target: Target): Promise<void> {
  for (;;) {
    const observed = await look(step, target);
    if (observed.ready && observed.current) return;
    await assertStillHopeful(step, target, observed);
    const detail = [observed.reason ?? 'starting', observed.message].filter(Boolean).join(': ');
    if (isOverdue(step, observed)) throw new Problem('agent.not-ready', detail);
    if (observed.reason && !onItsWay.includes(observed.reason)) {
      await step.waitingFor({ code: 'agent.not-ready', detail });
    }
    await sleep(pollMs, undefined, { signal: step.signal });
  }
}

/** The pull that comes before the start has a patience of its own. */
function isOverdue(step: InstanceStep, { reason, startedAt }: ObservedInstance): boolean {
  const { readyPatienceMs, imagePatienceMs } = step.deps;
  if (isOver(step, readyPatienceMs + imagePatienceMs)) return true;
  const hasJustBegun = startedAt !== null && Date.now() - Date.parse(startedAt) < readyPatienceMs;
  return isOver(step, readyPatienceMs) && reason !== 'Pulling' && !hasJustBegun;
}

/** @throws Problem 'agent.configuration-refused', 'agent.configuration-not-live', 'agent.unauthorized' */
export async function awaitProof(
  step: InstanceStep,
  target: Target,
  wanted: Wanted,
  { refusalCountsAfterMs = 0 }: { refusalCountsAfterMs?: number } = {},
): Promise<void> {
  const { deps, signal } = step;
  const { adapter, ref, runtime } = target;
  const gatewayToken = await gatewayTokenOf(deps, ref);
  const { port } = adapter.rules.workload(wanted.workload);
  for (;;) {
    const proof = await ask();
    if (proof.state === 'live') return;
    if (proof.state === 'refused' && isOver(step, refusalCountsAfterMs)) {
      throw new Problem('agent.configuration-refused', proof.faults.map(({ detail }) => detail).join('; '), {
        faults: proof.faults,
      });
    }
    if (isOver(step, deps.proofPatienceMs)) {
      throw new Problem('agent.configuration-not-live', proof.state === 'pending' ? proof.reason : undefined);
    }
    await sleep(proofPollMs, undefined, { signal });
  }

  async function ask() {
    try {
      return await adapter.prove({ runtime, ref, port, gatewayToken }, wanted.rendered, signal);
    } catch (error) {
      // Some changes make the agent restart in place: unreachable for seconds is part of taking them up.
      if (error instanceof Problem && error.code === 'agent.unreachable') {
        return { state: 'pending' as const, reason: error.detail ?? 'the agent does not answer' };
      }
      throw error;
    }
  }
}
