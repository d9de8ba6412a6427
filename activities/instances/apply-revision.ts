import type { AppliedRevision, SyncFindings } from '../../workflows/contracts/steps.ts';
import { awaitProof, awaitReadiness } from './await-live.ts';
import { look } from './look.ts';
import { aimOf, specOf, type InstanceStep, type Target, type Wanted } from './target.ts';

/** Hot where the running process takes the change, else by a change of its template. */
export async function applyRevision(step: InstanceStep): Promise<AppliedRevision> {
  const { operation } = step;
  const { target, wanted } = await aimOf(step, [operation.previousRevision, operation.revision]);
  const [before, next] = wanted;
  const isHot = await bring(step, target, before, next);
  const running = target.instance.power === 'on';
  if (!isHot) return { running };
  const { ready, current } = await look(step, target);
  return { running, ready: ready && current };
}

/** Until the kubelet has swapped the file back, a gateway may still speak of the one that it refused. */
const swapMs = 120_000;

/** The way back of an update: the revision before it, and where that had run, proof that it runs again. */
export async function restoreRevision(step: InstanceStep): Promise<void> {
  const { operation } = step;
  const { target, wanted } = await aimOf(step, [operation.revision, operation.previousRevision]);
  const [failed, previous] = wanted;
  await bring(step, target, failed, previous);
  const { instance } = target;
  if (instance.power === 'off') return;
  if (instance.liveRevision !== operation.previousRevision) {
    await target.runtime.power(target.ref, 'off', step.fence, step.signal);
    return;
  }
  await awaitReadiness(step, target);
  await awaitProof(step, target, previous, { refusalCountsAfterMs: swapMs });
}

/** The way back of a stop for a copy: what ran before runs again. Where nothing had, nothing is started. */
export async function restartPrevious(step: InstanceStep): Promise<void> {
  const { deps, fence, operation, signal } = step;
  const { target, wanted } = await aimOf(step, [operation.previousRevision]);
  const { instance, ref, runtime } = target;
  const [previous] = wanted;
  await runtime.ensureInstance(ref, await specOf(deps, target, previous), fence, signal);
  if (instance.power === 'off' || instance.liveRevision !== operation.previousRevision) return;
  await runtime.power(ref, 'on', fence, signal);
  await awaitReadiness(step, target);
  await awaitProof(step, target, previous, { refusalCountsAfterMs: swapMs });
}

/** Writes whatever differs from what is wanted: objects, configuration, power. */
export async function repairInstance(step: InstanceStep): Promise<SyncFindings> {
  const { target, wanted } = await aimOf(step, [step.operation.revision]);
  const { instance, ref, runtime } = target;
  await runtime.ensureInstance(ref, await specOf(step.deps, target, wanted[0]), step.fence, step.signal);
  await runtime.power(ref, instance.power, step.fence, step.signal);
  return { running: instance.power === 'on' };
}

/** @returns whether the process that runs was left to take it */
async function bring(step: InstanceStep, target: Target, from: Wanted, to: Wanted): Promise<boolean> {
  const { deps, fence, signal } = step;
  const { adapter, instance, ref, runtime } = target;
  const spec = await specOf(deps, target, to);
  const observed = await runtime.observe(ref, signal);
  // Compared with what the objects really carry: after a failed update that may be another revision than `from`.
  const isFrom = observed.ready && observed.current && observed.revision === from.workload.revision;
  if (isFrom && adapter.rules.isHotChange(from.workload, to.workload)) {
    await runtime.putConfiguration(ref, spec, fence, signal);
    return true;
  }
  await runtime.ensureInstance(ref, spec, fence, signal);
  // A parked agent is at power on with nothing running; this is the change that tries again.
  if (instance.power === 'on') await runtime.power(ref, 'on', fence, signal);
  return false;
}
