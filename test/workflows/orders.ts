import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import type { LayerDocument } from '../../server/configs/config-version.entity.ts';
import { Instance } from '../../server/instances/instance.entity.ts';
import { changePower, type Verb } from '../../server/instances/commands/change-power.ts';
import { createInstance } from '../../server/instances/commands/create-instance.ts';
import { deleteInstance } from '../../server/instances/commands/delete-instance.ts';
import { updateInstance } from '../../server/instances/commands/update-instance.ts';
import { Operation } from '../../server/operations/operation.entity.ts';
import { OperationStep } from '../../server/operations/operation-step.entity.ts';
import { platformRequester, type Requester } from '../../server/operations/requester.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import type { OperationPhase } from '../../workflows/contracts/phases.ts';
import { isActive } from '../../workflows/contracts/phases.ts';
import { uniqueName } from '../factories/people.ts';
import type { Rig } from './rig.ts';

/** A small configuration that the platform's own rules take. */
export const configurationOf = (more: Partial<z.input<typeof UnifiedConfiguration>> = {}): UnifiedConfiguration =>
  UnifiedConfiguration.parse(more);

interface Order {
  name?: string;
  /** Its own layer; left out: a small one that says everything, so that no layer above shows. */
  configuration?: LayerDocument;
  /** Left out: one that starts the workflow. */
  db?: Database;
  by?: Requester;
}

const by = platformRequester;

export const create = (
  { project, clusterId, agentVersionId, key, ...rig }: Rig,
  { name = uniqueName('agent'), configuration = configurationOf(), db = rig.db, by: requester = by }: Order = {},
): Promise<{ instance: Instance; operation: Operation }> =>
  db.transaction(platformScope(), (tx) =>
    createInstance(tx, key, {
      projectId: project.id,
      clusterId,
      agentVersionId,
      name,
      labels: {},
      configuration,
      resources: {},
      by: requester,
    }),
  );

/** Starts the run of what was booked without one; a client that has lost its connection may need a while to make a new one. */
export async function startRun({ runs, clusterId }: Rig, operation: Operation): Promise<void> {
  let last: unknown;
  await until(
    async () => {
      try {
        await runs.start({ operation, clusterId });
        return true;
      } catch (error) {
        last = error;
        return false;
      }
    },
    (done) => done,
    () => String(last),
  );
}

export const ask = (db: Database, id: string, verb: Verb): Promise<Operation> =>
  db.transaction(platformScope(), (tx) => changePower(tx, { id, verb, by }));

export async function update(db: Database, id: string, configuration: UnifiedConfiguration): Promise<Operation> {
  const { generation } = await instanceOf(db, id);
  const { operation } = await db.transaction(platformScope(), (tx) =>
    updateInstance(tx, { id, expectedGeneration: generation, labels: {}, configuration, resources: {}, by }),
  );
  if (!operation) throw new Error('nothing to update');
  return operation;
}

export async function remove(
  db: Database,
  id: string,
  { purge = false, by: requester = by }: { purge?: boolean; by?: Requester } = {},
): Promise<Operation> {
  const { generation, name } = await instanceOf(db, id);
  return db.transaction(platformScope(), (tx) =>
    deleteInstance(tx, { id, expectedGeneration: generation, purge, confirm: purge ? name : undefined, by: requester }),
  );
}

export const instanceOf = (db: Database, id: string): Promise<Instance> =>
  db.transaction(platformScope(), ({ em }) => em.findOneOrFail(Instance, { id }));

export const operationOf = (db: Database, id: string): Promise<Operation> =>
  db.transaction(platformScope(), ({ em }) => em.findOneOrFail(Operation, { id }));

export const stepsOf = (db: Database, operationId: string): Promise<OperationStep[]> =>
  db.transaction(platformScope(), ({ em }) =>
    em.find(OperationStep, { operationId }, { orderBy: { position: 'asc' } }),
  );

/** Waits until the operation has ended, and expects that end. */
export async function ended(
  db: Database,
  { id }: { id: string },
  phase: OperationPhase = 'Succeeded',
  timeoutMs = 60_000,
): Promise<Operation> {
  const operation = await until(
    () => operationOf(db, id),
    (found) => !isActive(found.phase),
    async () => JSON.stringify(await stepsOf(db, id), null, 1),
    timeoutMs,
  );
  if (operation.phase !== phase) {
    throw new Error(`${operation.kind} ended ${operation.phase}: ${JSON.stringify(operation.error)}`);
  }
  return operation;
}

/** Asks again and again, for as long as the test has time. */
export async function until<T>(
  read: () => Promise<T> | T,
  isThere: (value: T) => boolean,
  describe: (value: T) => Promise<string> | string = (value) => JSON.stringify(value),
  timeoutMs = 60_000,
): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (isThere(value)) return value;
    if (Date.now() > deadlineMs) throw new Error(`it did not come to pass: ${await describe(value)}`);
    await sleep(50);
  }
}
