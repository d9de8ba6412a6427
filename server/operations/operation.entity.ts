import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { OperationKind } from '../../workflows/contracts/operations.ts';
import type { OperationPhase } from '../../workflows/contracts/phases.ts';
import type { Fault, ProblemCode } from '../../workflows/contracts/problems.ts';

/** An error as it is kept for people: a code of the catalogue and what was special this time. */
export interface RecordedError {
  code: ProblemCode;
  detail: string;
  faults?: Fault[];
}

/** What a command leaves for the workflow; ids, names and choices only, never configuration or secrets. */
export interface OperationInputRecord {
  purge?: boolean;
  restartToken?: string;
  /** Of a rollback: the copy of state that goes with the revision. */
  backupId?: string;
  /** Of a rollback: go back though the instance has done new work since the copy. */
  discardNewState?: boolean;
}

/** One durable change to one object. An active one is the lock on its instance (or tenant, where it has no instance). */
export const Operation = defineEntity({
  name: 'Operation',
  tableName: 'operations',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    projectId: p.uuid().nullable(),
    instanceId: p.uuid().nullable(),
    kind: p.text().$type<OperationKind>(),
    phase: p.text().$type<OperationPhase>(),
    generation: p.integer(),
    tenantName: p.text(),
    subjectName: p.text(),
    input: p.json<OperationInputRecord>().default('{}'),
    revision: p.integer().nullable(),
    previousRevision: p.integer().nullable(),
    error: p.json<RecordedError>().nullable(),
    rolloutId: p.uuid().nullable(),
    retryOf: p.uuid().nullable(),
    supersededBy: p.uuid().nullable(),
    requestedBy: p.uuid().nullable(),
    requestedByName: p.text(),
    requestId: p.text().nullable(),
    cancelRequestedAt: p.datetime().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    startedAt: p.datetime().nullable(),
    endedAt: p.datetime().nullable(),
  },
});
export type Operation = InferEntity<typeof Operation>;
