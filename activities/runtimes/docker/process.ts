import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';
import { containerOf, hostConfigOf } from './container.ts';
import { inspectContainer, removeContainer, soon, type Attempt, type Engine } from './engine.ts';
import { beginEnd, isEnding, isLive } from './ending.ts';
import { isNameTaken, isStatus, sentenceOf } from './faults.ts';
import { instanceLabels, labels, nameOf } from './names.ts';
import { environmentIn, generationOf, readRecord, refuseSuperseded, type StoredRecord } from './record.ts';
import { networkOf, removeTwins } from './tenant-space.ts';
import { pausesMount, pausingOf } from './pauses-between-starts.ts';
import { templateHash } from './template.ts';

/** What an attempt waits for the process before; the engine goes on ending it, and another attempt goes on waiting. */
const endsWithinMs = 40_000;
const pollMs = 100;
const portAttempts = 5;

/**
 * Brings the process to what the record wants. Its name is the lock on the state: there is no second one while it is
 * there, dead or alive. Repeated until nothing is to be done, so that an attempt goes on where another has ended.
 */
export async function converge(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const { engine, fence, signal } = attempt;
  for (let round = 0; round < 2 * portAttempts; round += 1) {
    const record = await readRecord(engine, ref, signal);
    if (!record) return;
    refuseSuperseded(record.generation, fence);
    const process = await inspectContainer(engine, nameOf(ref), signal);
    if (process) refuseSuperseded(generationOf(process.Config.Labels), fence);
    const isWanted = record.wanted.power === 'on' && !record.wanted.removed;
    const template = templateHash(record.wanted.template, record.wanted.restart);
    const isCurrent = isWanted && process?.Config.Labels[labels.template] === template && !process.State.Dead;
    if (process && isCurrent && isLive(process.State) && !isEnding(process)) return;
    if (process && !(isCurrent && process.State.Status === 'created' && process.State.Error === '')) {
      await end(process, record.wanted.template.terminationGraceSeconds, attempt);
    } else if (!isWanted) return;
    else if (await start(ref, record, process?.Id, template, attempt)) return takeBackIfOvertaken(ref, attempt);
  }
  throw new Problem('cluster.unavailable', 'The process could not be started: others keep changing it.');
}

/** @returns false where it has to be made anew */
async function start(
  ref: InstanceRef,
  record: StoredRecord,
  created: string | undefined,
  template: string,
  attempt: Attempt,
): Promise<boolean> {
  const { engine, signal } = attempt;
  const id = created ?? (await create(ref, record, template, attempt));
  if (id === undefined) return false;
  try {
    await engine.docker.getContainer(id).start(soon(signal));
    return true;
  } catch (error) {
    if (isStatus(error, 304)) return true;
    const said = sentenceOf(error);
    if (!/address already in use|port is already allocated|bind/i.test(said)) throw error;
    // Somebody took the port that the engine had chosen.
    await removeContainer(engine, id, { force: false }, signal);
    return false;
  }
}

async function create(
  ref: InstanceRef,
  record: StoredRecord,
  template: string,
  attempt: Attempt,
): Promise<string | undefined> {
  const { engine, fence, signal } = attempt;
  const { wanted } = record;
  await removeTwins(ref.tenantId, attempt);
  const [environment, network, pausing] = await Promise.all([
    environmentIn(engine, record, signal),
    networkOf(engine, ref.tenantId, signal),
    pausingOf(engine, record, signal),
  ]);
  const own = {
    ...instanceLabels(engine.clusterId, 'process', ref),
    [labels.template]: template,
    [labels.generation]: String(fence.generation),
    [labels.operation]: fence.operationId,
  };
  try {
    const { id } = await engine.docker.createContainer({
      name: nameOf(ref),
      Labels: own,
      ...containerOf(wanted.template, environment),
      ...(pausing && { Entrypoint: pausing, Cmd: [] }),
      HostConfig: hostConfigOf(wanted.template, network, pausing ? [pausesMount] : []),
      NetworkingConfig: { EndpointsConfig: { [network]: {} } },
      ...soon(signal),
    });
    return id;
  } catch (error) {
    if (isNameTaken(error)) return undefined;
    throw error;
  }
}

/**
 * Ends exactly that process and removes its container, so that its name is free.
 * @throws Problem 'cluster.unavailable' where it takes longer than an attempt should
 */
export async function end(process: Docker.ContainerInspectInfo, graceSeconds: number, attempt: Attempt): Promise<void> {
  const { engine, signal } = attempt;
  let refused: { error: unknown } | undefined;
  const ending = beginEnd(process, graceSeconds, attempt).catch((error: unknown) => void (refused = { error }));
  const deadline = Date.now() + endsWithinMs;
  for (;;) {
    const now = await inspectContainer(engine, process.Id, signal);
    if (!now) break;
    if (!isLive(now.State) && now.State.Status !== 'removing') {
      await removeContainer(engine, process.Id, { force: false }, signal);
      break;
    }
    if (refused) throw refused.error;
    if (Date.now() > deadline) {
      throw new Problem('cluster.unavailable', 'The process before is still ending; waiting for it.');
    }
    await sleep(pollMs, undefined, { signal });
  }
  await ending;
}

/**
 * Between our look at the record and our start a newer operation may have switched the power off, and found nothing to
 * end. Then it is ours to end again, by a right that nobody can take: exactly that container.
 */
async function takeBackIfOvertaken(ref: InstanceRef, { engine, fence, signal }: Attempt): Promise<void> {
  const record = await readRecord(engine, ref, signal);
  if (record && record.generation <= fence.generation) return;
  const started = await inspectContainer(engine, nameOf(ref), signal);
  const isOurs = started?.Config.Labels[labels.operation] === fence.operationId;
  if (started && isOurs && (!record || record.wanted.power === 'off' || record.wanted.removed)) {
    const unconditional: Engine = engine.heldBy({ assertValid: () => undefined });
    await removeContainer(unconditional, started.Id, { force: true }, AbortSignal.timeout(10_000));
  }
  throw new Problem('operation.superseded');
}
