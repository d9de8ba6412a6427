import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { StepState } from '../../workflows/contracts/phases.ts';
import type { RecordedError } from './operation.entity.ts';

export const OperationStep = defineEntity({
  name: 'OperationStep',
  tableName: 'operation_steps',
  properties: {
    tenantId: p.uuid().primary(),
    operationId: p.uuid().primary(),
    name: p.text().primary(),
    position: p.integer(),
    state: p.text().$type<StepState>(),
    attempt: p.integer().default(1),
    error: p.json<RecordedError>().nullable(),
    startedAt: p.datetime().defaultRaw('now()'),
    /** Deadlines count from here: an outage that nobody could wait out does not use them up. */
    countedFrom: p.datetime().defaultRaw('now()'),
    endedAt: p.datetime().nullable(),
    nextAttemptAt: p.datetime().nullable(),
  },
});
export type OperationStep = InferEntity<typeof OperationStep>;
