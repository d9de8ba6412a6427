import { setTimeout as sleep } from 'node:timers/promises';

import type { Power } from '../../../workflows/contracts/phases.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';
import { refuseBeyondBounds } from './bounds.ts';
import { inspectContainer, removeContainer, removeVolume, type Attempt } from './engine.ts';
import { withoutWorkload } from './ensure.ts';
import { labels, nameOf, stateNameOf } from './names.ts';
import { beginEnd } from './ending.ts';
import { converge, end } from './process.ts';
import { changeRecord, generationOf, readRecord, refuseSuperseded } from './record.ts';
import { volumesWith } from './tenant-space.ts';

const refusedWithinMs = 300;

export async function power(ref: InstanceRef, wanted: Power, attempt: Attempt): Promise<void> {
  const { engine, signal } = attempt;
  if (wanted === 'on') {
    const present = await readRecord(engine, ref, signal);
    if (!present || present.wanted.removed) throw withoutWorkload();
    if (present.wanted.power === 'off') {
      await refuseBeyondBounds(engine, ref, { ...present.wanted, power: 'on' }, signal);
    }
  }
  const record = await changeRecord(ref, attempt, (before) => before && { wanted: { ...before, power: wanted } });
  if (!record) return;
  if (wanted === 'on') await converge(ref, attempt);
  else await letEnd(ref, record.wanted.template.terminationGraceSeconds, attempt);
}

/** Returns once the engine is at it; who waits for the end looks. */
async function letEnd(ref: InstanceRef, graceSeconds: number, attempt: Attempt): Promise<void> {
  const { engine, fence, signal } = attempt;
  const process = await inspectContainer(engine, nameOf(ref), signal);
  if (!process) return;
  refuseSuperseded(generationOf(process.Config.Labels), fence);
  const ending = beginEnd(process, graceSeconds, attempt);
  // What is refused is refused at once.
  await Promise.race([ending, sleep(refusedWithinMs)]);
  void removeEnded(process.Id, ending, attempt);
}

/**
 * Outlives the call that began it, and whatever it has a right to: it removes exactly that container, and only where
 * its process has ended. What is left because we ended before is removed by the next write.
 */
async function removeEnded(id: string, ending: Promise<void>, { engine }: Attempt): Promise<void> {
  const unconditional = engine.heldBy({ assertValid: () => undefined });
  try {
    await ending;
    await removeContainer(unconditional, id, { force: false }, AbortSignal.timeout(30_000));
  } catch (error) {
    process.emitWarning(`Container ${id} is left behind`, { detail: String(error) });
  }
}

export async function restart(ref: InstanceRef, token: string, attempt: Attempt): Promise<void> {
  const record = await changeRecord(ref, attempt, (before) => before && { wanted: { ...before, restart: token } });
  if (!record || record.wanted.removed) throw withoutWorkload();
  await converge(ref, attempt);
}

/** A grace of one second, never zero. Without a workload there is nothing to kill. */
export async function kill(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const { engine, fence, signal } = attempt;
  const record = await changeRecord(ref, attempt, (before) => before && { wanted: { ...before, power: 'off' } });
  if (!record) return;
  const process = await inspectContainer(engine, nameOf(ref), signal);
  if (!process) return;
  refuseSuperseded(generationOf(process.Config.Labels), fence);
  await end(process, 1, attempt);
}

/** The state stays, and with it a record of who removed the rest: a late creation is refused there. */
export async function removeInstance(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const { engine, signal } = attempt;
  const record = await changeRecord(
    ref,
    attempt,
    (before) => before && { wanted: { ...before, power: 'off', removed: true } },
  );
  if (!record) return;
  await letEnd(ref, record.wanted.template.terminationGraceSeconds, attempt);
  await removeFiles(ref, { engine, signal });
}

/** What a process still uses is left to the removal of the volume. */
async function removeFiles(ref: InstanceRef, { engine, signal }: Pick<Attempt, 'engine' | 'signal'>): Promise<void> {
  for (const { Name } of await volumesWith(engine, ownLabels(ref), signal)) {
    if (Name !== stateNameOf(ref)) await removeVolume(engine, Name, signal);
  }
}

/** The volume, and at last the record. @throws Problem 'instance.state-conflict' while the workload is there */
export async function removeInstanceVolume(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const { engine, fence, signal } = attempt;
  const record = await readRecord(engine, ref, signal);
  if (record) {
    refuseSuperseded(record.generation, fence);
    if (!record.wanted.removed) {
      throw new Problem('instance.state-conflict', 'The workload is still there. Remove it first.');
    }
    const process = await inspectContainer(engine, nameOf(ref), signal);
    if (process) await end(process, record.wanted.template.terminationGraceSeconds, attempt);
    for (const id of record.older) await removeContainer(engine, id, { force: false }, signal);
  }
  for (const { Name } of await volumesWith(engine, ownLabels(ref), signal)) await removeVolume(engine, Name, signal);
  if (record) await removeContainer(engine, record.containerId, { force: false }, signal);
}

const ownLabels = (ref: InstanceRef) => ({ [labels.instance]: ref.instanceId, [labels.tenant]: ref.tenantId });
