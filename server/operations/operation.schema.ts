import { z } from 'zod';
import { OperationKind } from '../../workflows/contracts/operations.ts';
import { OperationPhase, StepState } from '../../workflows/contracts/phases.ts';
import { permissionList } from '../http/fields.ts';
import { flag, pageOf, pageQuery, repeated } from '../http/page.ts';

export const RecordedErrorAnswer = z
  .strictObject({
    code: z.string().describe('Of the catalogue of problems'),
    detail: z.string(),
    faults: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'RecordedError' });

const kind = z.enum(Object.values(OperationKind)).meta({ id: 'OperationKind' });
const phase = z.enum(Object.values(OperationPhase)).meta({ id: 'OperationPhase' });
const time = z.iso.datetime();

const summary = {
  id: z.uuid(),
  tenantId: z.uuid(),
  projectId: z.uuid().nullable(),
  instanceId: z.uuid().nullable(),
  subjectName: z.string(),
  kind,
  phase,
  generation: z.int(),
  revision: z.int().nullable(),
  previousRevision: z.int().nullable(),
  error: RecordedErrorAnswer.nullable(),
  retryOf: z.uuid().nullable(),
  supersededBy: z.uuid().nullable(),
  requestedBy: z.string(),
  requestId: z.string().nullable(),
  cancelRequestedAt: time.nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  temporalUrl: z.url().nullable().describe('Its run in Temporal UI, for those who may look there'),
  permissions: permissionList,
};

/** What every call answers that starts something. */
export const OperationAccepted = z.strictObject(summary).meta({ id: 'OperationSummary' });
export type OperationSummary = z.infer<typeof OperationAccepted>;

export const OperationStepAnswer = z
  .strictObject({
    name: z.string(),
    position: z.int(),
    state: z.enum(Object.values(StepState)),
    attempt: z.int(),
    error: RecordedErrorAnswer.nullable(),
    startedAt: time,
    endedAt: time.nullable(),
    nextAttemptAt: time.nullable(),
  })
  .meta({ id: 'OperationStep' });
export type OperationStepAnswer = z.infer<typeof OperationStepAnswer>;

export const OperationAnswer = z
  .strictObject({ ...summary, steps: z.array(OperationStepAnswer) })
  .meta({ id: 'Operation' });
export type OperationAnswer = z.infer<typeof OperationAnswer>;

export const OperationList = pageOf(OperationAccepted, 'OperationList');

export const OperationQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  instanceId: z.uuid().optional(),
  kind: repeated(kind),
  phase: repeated(phase),
  active: flag.optional().describe('Only those that still run'),
  sort: z.enum(['createdAt', '-createdAt']).default('-createdAt'),
});
