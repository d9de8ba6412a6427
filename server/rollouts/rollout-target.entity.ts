import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { TargetPhase } from '../../workflows/contracts/phases.ts';
import type { RecordedError } from '../operations/operation.entity.ts';

/** One instance of a rollout, with the revision that it leaves and the one that it goes to. */
export const RolloutTarget = defineEntity({
  name: 'RolloutTarget',
  tableName: 'rollout_targets',
  properties: {
    tenantId: p.uuid().primary(),
    rolloutId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    wave: p.integer(),
    position: p.integer(),
    phase: p.text().$type<TargetPhase>(),
    fromRevision: p.integer(),
    toRevision: p.integer(),
    operationId: p.uuid().nullable(),
    rollbackOperationId: p.uuid().nullable(),
    attempts: p.integer().default(0),
    /** Restarts that the cluster had counted when the target began. */
    restartsBefore: p.integer().nullable(),
    /** The process that had them; another one counts from 0 again. */
    processBefore: p.text().nullable(),
    error: p.json<RecordedError>().nullable(),
    startedAt: p.datetime().nullable(),
    endedAt: p.datetime().nullable(),
  },
});
export type RolloutTarget = InferEntity<typeof RolloutTarget>;
