import { z } from 'zod';
import { TargetPhase } from '../../workflows/contracts/phases.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';
import { RecordedErrorAnswer } from '../operations/operation.schema.ts';

export const RolloutTargetAnswer = z
  .strictObject({
    instanceId: z.uuid(),
    name: z.string(),
    projectName: z.string(),
    wave: z.int(),
    position: z.int(),
    phase: z.enum(Object.values(TargetPhase)).meta({ id: 'RolloutTargetPhase' }),
    instancePhase: z.string(),
    fromRevision: z.int(),
    toRevision: z.int(),
    operationId: z.uuid().nullable(),
    rollbackOperationId: z.uuid().nullable(),
    attempts: z.int(),
    error: RecordedErrorAnswer.nullable().describe('Why it failed, or what it waits for'),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'RolloutTarget' });
export type RolloutTargetAnswer = z.infer<typeof RolloutTargetAnswer>;
export const RolloutTargetList = pageOf(RolloutTargetAnswer, 'RolloutTargetList');

export const RolloutTargetQuery = z.strictObject({
  ...pageQuery,
  wave: z.coerce.number().int().min(1).optional(),
  phase: repeated(z.enum(Object.values(TargetPhase))),
  name: z.string().max(63).optional(),
  instanceId: z.uuid().optional(),
  sort: z.enum(['position']).default('position'),
});

/** All targets as small as they can be: one page draws a thousand of them and asks again at every change. */
export const RolloutCells = z
  .strictObject({
    phases: z.array(z.string()).describe('Names of the phases, by index'),
    waves: z.array(
      z.strictObject({
        number: z.int(),
        instanceIds: z.array(z.uuid()),
        phaseIndexes: z.array(z.int()),
      }),
    ),
  })
  .meta({ id: 'RolloutCells' });
export type RolloutCells = z.infer<typeof RolloutCells>;
