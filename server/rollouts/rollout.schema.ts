import { z } from 'zod';
import { PauseReason, RolloutPhase, TargetPhase, WavePhase } from '../../workflows/contracts/phases.ts';
import { RolloutKind } from '../../workflows/contracts/rollouts.ts';
import { notBlank, permissionList, prose } from '../http/fields.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';
import { RecordedErrorAnswer } from '../operations/operation.schema.ts';
import { decisionKinds } from './rollout-decision.entity.ts';
import { controls } from './planner/controls.ts';
import {
  RolloutChangeInput,
  RolloutSelectionInput,
  RolloutStrategyInput,
  WavePlanInput,
} from './rollout-order.schema.ts';

const previewTarget = z.strictObject({
  instanceId: z.uuid(),
  name: z.string(),
  projectName: z.string(),
  wave: z.int(),
  fromRevision: z.int(),
  change: z.enum(['none', 'hot', 'restart', 'power', 'image']).describe('What it means for the running process'),
  refusal: z
    .strictObject({ code: z.string(), detail: z.string() })
    .nullable()
    .describe('Why this target will be left alone'),
});

export const RolloutPreview = z
  .strictObject({
    total: z.int(),
    waves: z.array(z.strictObject({ number: z.int(), targets: z.int(), concurrency: z.int() })),
    restarts: z.int().describe('Targets whose process ends and begins'),
    unchanged: z.int().describe('Targets for which it changes nothing; they are left out of the rollout'),
    refused: z.int(),
    conflicts: z.array(z.strictObject({ rolloutId: z.uuid(), name: z.string(), targets: z.int() })),
    targets: z.array(previewTarget).describe('The first 200 in order'),
  })
  .meta({ id: 'RolloutPreview' });
export type RolloutPreview = z.infer<typeof RolloutPreview>;

const counts = z
  .strictObject(Object.fromEntries(Object.values(TargetPhase).map((phase) => [phase, z.int()])))
  .meta({ id: 'RolloutTargetCounts', description: 'Targets by phase' });

const verdict = z.enum(['passed', 'failed', 'inconclusive']);
const analysisAnswer = z
  .strictObject({
    verdict,
    at: z.iso.datetime(),
    rules: z.array(
      z.strictObject({
        metric: z.string(),
        verdict,
        value: z.number().nullable().describe('Of the updated targets'),
        baseline: z
          .number()
          .nullable()
          .describe('Of those not yet updated, in the same time; of ready-seconds: of the waves before'),
        sample: z.int(),
        limit: z.number().nullable(),
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'AnalysisResult' });

const waveAnswer = z
  .strictObject({
    number: z.int(),
    phase: z.enum(Object.values(WavePhase)),
    plan: WavePlanInput,
    targets: z.int(),
    counts,
    analysis: analysisAnswer.nullable(),
    startedAt: z.iso.datetime().nullable(),
    updatedAt: z.iso.datetime().nullable(),
    bakeUntil: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'RolloutWave' });

const summary = {
  id: z.uuid(),
  tenantId: z.uuid(),
  tenantName: z.string(),
  projectId: z.uuid().nullable(),
  name: z.string(),
  kind: z.enum(Object.values(RolloutKind)),
  phase: z.enum(Object.values(RolloutPhase)).meta({ id: 'RolloutPhase' }),
  pauseReason: z.enum(Object.values(PauseReason)).nullable(),
  pauseDetail: z.string().nullable(),
  currentWave: z.int(),
  waveCount: z.int(),
  total: z.int(),
  counts,
  error: RecordedErrorAnswer.nullable().describe(
    'Why it ended as it did; while it is Pending, what its check waits for',
  ),
  retryOf: z.uuid().nullable(),
  requestedByName: z.string(),
  generation: z.int(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  deadlineAt: z.iso.datetime().nullable(),
  permissions: permissionList,
  actions: z.array(z.enum(controls)).describe('What its state allows now'),
};

export const RolloutSummary = z.strictObject(summary).meta({ id: 'RolloutSummary' });
export type RolloutSummary = z.infer<typeof RolloutSummary>;

export const RolloutAnswer = z
  .strictObject({
    ...summary,
    change: RolloutChangeInput,
    selection: RolloutSelectionInput,
    strategy: RolloutStrategyInput,
    waves: z.array(waveAnswer),
    decisions: z.array(
      z.strictObject({
        id: z.uuid(),
        kind: z.enum(decisionKinds),
        wave: z.int().nullable(),
        actorName: z.string(),
        reason: z.string().nullable(),
        detail: z.record(z.string(), z.unknown()),
        createdAt: z.iso.datetime(),
      }),
    ),
    temporalUrl: z.string().nullable(),
  })
  .meta({ id: 'Rollout' });
export type RolloutAnswer = z.infer<typeof RolloutAnswer>;

export const RolloutList = pageOf(RolloutSummary, 'RolloutList');

export const RolloutQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  phase: repeated(z.enum(Object.values(RolloutPhase))),
  kind: repeated(z.enum(Object.values(RolloutKind))),
  instanceId: z.uuid().optional(),
  templateId: z.uuid().optional(),
  sort: z.enum(['createdAt', '-createdAt']).default('-createdAt'),
});

export const RolloutControl = z.strictObject({ reason: prose(500).optional() }).meta({ id: 'RolloutControl' });

export const RolloutResumption = z
  .strictObject({
    reason: prose(500).optional(),
    discardNewState: z
      .boolean()
      .default(false)
      .describe(
        'Of a rollback paused with state-diverged: give the newer work up; left out, such instances are left alone',
      ),
  })
  .meta({ id: 'RolloutResumption' });

export const RolloutRollback = z
  .strictObject({
    reason: prose(500).optional(),
    discardNewState: z
      .boolean()
      .default(false)
      .describe('Go back though instances have done new work since; they lose it (a copy is kept)'),
  })
  .meta({ id: 'RolloutRollback' });

export const RolloutPromotion = z
  .strictObject({
    reason: prose(500).optional(),
    force: z
      .boolean()
      .default(false)
      .describe('Go on past a failed analysis or budget; needs rollout:force and a reason'),
  })
  .refine((promotion) => !promotion.force || Boolean(promotion.reason), 'A forced promotion needs a reason')
  .meta({
    id: 'RolloutPromotion',
    anyOf: [{ properties: { force: { const: false } } }, { properties: { reason: notBlank }, required: ['reason'] }],
  });
