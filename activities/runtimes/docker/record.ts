import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type Docker from 'dockerode';

import type { Power } from '../../../workflows/contracts/phases.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fence, InstanceRef } from '../runtime.ts';
import { containersWith, removeContainer, soon, undefinedWhenMissing, type Attempt, type Engine } from './engine.ts';
import { isNameTaken } from './faults.ts';
import { instanceLabels, labels, recordNameOf, requireIds } from './names.ts';
import type { Template } from './template.ts';

/** What is wanted of one instance. */
export interface Wanted {
  revision: number;
  configurationHash: string;
  power: Power;
  /** The workload was removed; what is left of it is this, for as long as the state is kept. */
  removed: boolean;
  /** Of the last restart that was asked for. */
  restart: string | null;
  template: Template;
}

export interface StoredRecord {
  containerId: string;
  tenantId: string;
  sequence: number;
  generation: number;
  wanted: Wanted;
  /** What came before it and is still there, as containers. */
  older: string[];
}

const maximumCollisions = 12;

/**
 * Labels cannot be changed, and the engine has no conditional write. But a name is given once: so what is wanted of an
 * instance is a chain of containers that are never started, each named by its place. Who finds the next place taken has
 * been overtaken, and reads again; the highest counts. They hold the environment too, and the mounts through which
 * files are put into volumes.
 */
export async function readRecord(
  engine: Engine,
  ref: Pick<InstanceRef, 'instanceId' | 'tenantId'>,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  requireIds(ref);
  const wanted = { [labels.role]: 'record', [labels.instance]: ref.instanceId, [labels.tenant]: ref.tenantId };
  return newestOf(await containersWith(engine, wanted, signal));
}

/** Among the containers of one instance. */
export function newestOf(containers: readonly Docker.ContainerInfo[]): StoredRecord | undefined {
  const [newest, ...older] = containers
    .filter(({ Labels }) => Labels[labels.role] === 'record')
    .toSorted((one, other) => sequenceOf(other) - sequenceOf(one));
  if (!newest) return undefined;
  return {
    containerId: newest.Id,
    tenantId: newest.Labels[labels.tenant] ?? '',
    sequence: sequenceOf(newest),
    generation: generationOf(newest.Labels),
    wanted: JSON.parse(newest.Labels[labels.record] ?? '') as Wanted,
    older: older.map(({ Id }) => Id),
  };
}

const sequenceOf = ({ Labels }: Docker.ContainerInfo): number => Number(Labels[labels.sequence]);

export function generationOf(found: Record<string, string>): number {
  const generation = Number(found[labels.generation]);
  return Number.isSafeInteger(generation) ? generation : 0;
}

export function refuseSuperseded(generation: number, fence: Fence): void {
  if (generation <= fence.generation) return;
  throw new Problem('operation.superseded', undefined, { extra: { generation, ownGeneration: fence.generation } });
}

export interface Change {
  wanted: Wanted;
  /** Left out: that of the record before. */
  environment?: string[];
}

/**
 * Reads, compares generations, edits, and writes only if nobody wrote in between; otherwise all of it again. Nothing is
 * written where edit and generation change nothing.
 * @param edit undefined where there is nothing to change
 * @returns what is wanted now; undefined where there is no record, and the edit makes none
 */
export async function changeRecord(
  ref: InstanceRef,
  { engine, fence, signal }: Attempt,
  edit: (present: Wanted | undefined) => Change | undefined,
): Promise<StoredRecord | undefined> {
  for (let collisions = 0; collisions <= maximumCollisions; collisions += 1) {
    const present = await readRecord(engine, ref, signal);
    if (present) refuseSuperseded(present.generation, fence);
    const change = edit(present && structuredClone(present.wanted));
    if (!change) return present;
    const environment = change.environment ?? (present ? await environmentIn(engine, present, signal) : []);
    if (present && present.generation === fence.generation && isDeepStrictEqual(present.wanted, change.wanted)) {
      return present;
    }
    const sequence = (present?.sequence ?? 0) + 1;
    if (await append(ref, { ...change, environment }, sequence, { engine, fence, signal })) {
      const written = await readRecord(engine, ref, signal);
      if (written?.sequence === sequence) {
        for (const id of written.older) await removeContainer(engine, id, { force: false }, signal);
        return { ...written, older: [] };
      }
      // The place was free because the chain has gone on without us.
      await engine.docker.getContainer(recordNameOf(ref, sequence)).remove(soon(signal)).catch(undefinedWhenMissing);
    }
    await sleep(Math.random() * 20 * (collisions + 1), undefined, { signal });
  }
  throw new Problem('cluster.unavailable', 'Others keep changing this instance.');
}

/** @returns false where somebody else has this place */
async function append(
  ref: InstanceRef,
  { wanted, environment }: Required<Change>,
  sequence: number,
  { engine, fence, signal }: Attempt,
): Promise<boolean> {
  const { template } = wanted;
  const mounts = [template.state, template.configuration, ...template.assets];
  try {
    await engine.docker.createContainer({
      name: recordNameOf(ref, sequence),
      Image: template.image,
      Entrypoint: ['/never-started'],
      Cmd: [],
      User: `${template.user.uid}:${template.user.gid}`,
      Env: wanted.removed ? [] : environment,
      Labels: {
        ...instanceLabels(engine.clusterId, 'record', ref),
        [labels.sequence]: String(sequence),
        [labels.generation]: String(fence.generation),
        [labels.operation]: fence.operationId,
        [labels.record]: JSON.stringify(wanted),
      },
      HostConfig: {
        NetworkMode: 'none',
        RestartPolicy: { Name: 'no' },
        Mounts: wanted.removed
          ? []
          : mounts.map(({ mountPath, volume }) => ({ Type: 'volume', Source: volume, Target: mountPath })),
      },
      ...soon(signal),
    });
    return true;
  } catch (error) {
    if (isNameTaken(error)) return false;
    throw error;
  }
}

/** With that of the image below it. */
export async function environmentIn(
  engine: Engine,
  { containerId }: Pick<StoredRecord, 'containerId'>,
  signal: AbortSignal,
): Promise<string[]> {
  const { Config } = await engine.docker.getContainer(containerId).inspect(soon(signal));
  return Config.Env ?? [];
}
