import type { AppliedRevision, SyncFindings } from '../../workflows/contracts/steps.ts';
import { awaitProof, awaitReadiness } from './await-live.ts';
import { specOf, targetOf, wantedOf, type InstanceStep, type Target, type Wanted } from './target.ts';

/** Hot where the running process takes the change, else by a change of its template. */
export async function applyRevision(step: InstanceStep): Promise<AppliedRevision> {
  const { operation } = step;
  const target = await targetOf(step);
  const wanted = await wantedOf(step, operation.revision);
  const before = await wantedOf(step, operation.previousRevision);
  await bring(step, target, before, wanted);
  return { running: target.instance.power === 'on' };
}

/** Until the kubelet has swapped the file back, a gateway may still speak of the one that it refused. */
const swapMs = 120_000;

/** The way back of an update: the revision before it, and where that had run, proof that it runs again. */
export async function restoreRevision(step: InstanceStep): Promise<void> {
  const { operation } = step;
  const target = await targetOf(step);
  const failed = await wantedOf(step, operation.revision);
  const previous = await wantedOf(step, operation.previousRevision);
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
  const target = await targetOf(step);
  const { instance, ref, runtime } = target;
  const previous = await wantedOf(step, operation.previousRevision);
  await runtime.ensureInstance(ref, await specOf(deps, target, previous), fence, signal);
  if (instance.power === 'off' || instance.liveRevision !== operation.previousRevision) return;
  await runtime.power(ref, 'on', fence, signal);
  await awaitReadiness(step, target);
  await awaitProof(step, target, previous, { refusalCountsAfterMs: swapMs });
}

/** Writes whatever differs from what is wanted: objects, configuration, power. */
export async function repairInstance(step: InstanceStep): Promise<SyncFindings> {
  const target = await targetOf(step);
  const { instance, ref, runtime } = target;
  const wanted = await wantedOf(step, step.operation.revision);
  await runtime.ensureInstance(ref, await specOf(step.deps, target, wanted), step.fence, step.signal);
  await runtime.power(ref, instance.power, step.fence, step.signal);
  return { running: instance.power === 'on' };
}

async function bring(step: InstanceStep, target: Target, from: Wanted, to: Wanted): Promise<void> {
  const { deps, fence, signal } = step;
  const { adapter, instance, ref, runtime } = target;
  const spec = await specOf(deps, target, to);
  const observed = await runtime.observe(ref, signal);
  // Compared with what the objects really carry: after a failed update that may be another revision than `from`.
  const isFrom = observed.ready && observed.current && observed.revision === from.workload.revision;
  if (isFrom && adapter.rules.isHotChange(from.workload, to.workload)) {
    await runtime.putConfiguration(ref, spec, fence, signal);
    return;
  }
  await runtime.ensureInstance(ref, spec, fence, signal);
  // A parked agent is at power on with nothing running; this is the change that tries again.
  if (instance.power === 'on') await runtime.power(ref, 'on', fence, signal);
}
