import { z } from 'zod';
import { PauseReason, RolloutPhase, TargetPhase, WavePhase } from '../../workflows/contracts/phases.ts';
import { RolloutKind } from '../../workflows/contracts/rollouts.ts';
import { displayName, notBlank, permissionList, prose } from '../http/fields.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';
import { RecordedErrorAnswer } from '../operations/operation.schema.ts';
import { decisionKinds } from './rollout-decision.entity.ts';
import { controls } from './planner/controls.ts';
import { analysisMetrics } from './rollout.types.ts';

const labels = z.record(z.string().max(320), z.string().max(63));
const someLabels = labels.refine((all) => Object.keys(all).length > 0, 'at least one').meta({ minProperties: 1 });
const variables = z.record(z.string().max(100), z.unknown());

const RolloutChangeInput = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('configuration'),
      templateId: z.uuid(),
      version: z.int().min(1),
      variables: variables.optional().describe('Set on every target, over those it has'),
    }),
    z.strictObject({ kind: z.literal('image'), agentVersionId: z.uuid() }),
    z.strictObject({
      kind: z.literal('rollback'),
      revision: z.int().min(1).optional().describe('Left out: the revision before the present one'),
      discardNewState: z.boolean().default(false).describe('Go back though work was done since the copy'),
    }),
    z.strictObject({ kind: z.literal('start') }),
    z.strictObject({ kind: z.literal('stop') }),
    z.strictObject({ kind: z.literal('restart') }),
  ])
  .meta({ id: 'RolloutChange' });

const RolloutSelectionInput = z
  .strictObject({
    instanceIds: z.array(z.uuid()).min(1).max(5_000).optional(),
    projectId: z.uuid().optional(),
    labels: someLabels.optional(),
    templateId: z.uuid().optional(),
    templateVersion: z.int().min(1).optional(),
    agentVersionId: z.uuid().optional(),
    clusterId: z.uuid().optional(),
  })
  .refine((selection) => Object.keys(selection).length > 0, 'Name at least one condition')
  .meta({
    id: 'RolloutSelection',
    minProperties: 1,
    description: 'All named conditions hold together; at least one is needed',
  });

const AnalysisRuleInput = z
  .strictObject({
    metric: z.enum([...analysisMetrics, 'prometheus']),
    query: z.string().max(2_000).optional().describe('PromQL that gives one number; only with prometheus'),
    max: z.number().min(0).optional().describe('Fails above it'),
    maxRatio: z
      .number()
      .min(0)
      .optional()
      .describe('Fails above it times the value of the not yet updated; of ready-seconds, of the waves before'),
    minimumSample: z.int().min(0).default(1).describe('Calls, or targets; below it the rule is inconclusive'),
  })
  .refine((rule) => rule.max !== undefined || rule.maxRatio !== undefined, 'max or maxRatio is needed')
  .refine((rule) => (rule.metric === 'prometheus') === (rule.query !== undefined), 'query goes with prometheus')
  .meta({
    id: 'AnalysisRule',
    allOf: [
      { anyOf: [{ required: ['max'] }, { required: ['maxRatio'] }] },
      {
        anyOf: [
          { properties: { metric: { const: 'prometheus' } }, required: ['query'] },
          { properties: { metric: { enum: [...analysisMetrics] } }, not: { required: ['query'] } },
        ],
      },
    ],
  });

const AnalysisPlanInput = z
  .strictObject({
    rules: z.array(AnalysisRuleInput).min(1).max(20),
    onFailure: z.enum(['pause', 'rollback']).default('rollback'),
    onInconclusive: z.enum(['pause', 'continue']).default('pause'),
  })
  .meta({ id: 'AnalysisPlan' });

const WaveSizeInput = z
  .union([
    z.strictObject({ count: z.int().min(1) }),
    z.strictObject({ percent: z.number().gt(0).max(100) }),
    z.strictObject({ labels }),
    z.strictObject({ rest: z.literal(true) }),
  ])
  .meta({ id: 'WaveSize' });

const WavePlanInput = z
  .strictObject({
    size: WaveSizeInput,
    concurrency: z.int().min(1).max(100).default(25),
    bakeSeconds: z.int().min(0).max(86_400).default(0),
    analysis: AnalysisPlanInput.nullable().default(null),
    then: z.enum(['continue', 'pause']).default('continue'),
  })
  .meta({ id: 'WavePlan' });

const WindowInput = z
  .strictObject({
    days: z.array(z.int().min(0).max(6)).min(1).max(7).describe('0 = Sunday'),
    start: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    durationMinutes: z.int().min(1).max(1_440),
    timeZone: z.string().max(60).describe('By its name in the IANA database'),
  })
  .meta({ id: 'RolloutWindow' });

export const RolloutStrategyInput = z
  .strictObject({
    waves: z
      .array(WavePlanInput)
      .min(1)
      .max(50)
      .default([{ size: { rest: true }, concurrency: 25, bakeSeconds: 0, analysis: null, then: 'continue' }]),
    failureBudget: z.int().min(0).default(0).describe('Failed targets that are tolerated over the whole rollout'),
    onBudgetExceeded: z.enum(['pause', 'rollback']).default('pause'),
    deadlineSeconds: z.int().min(60).max(2_592_000).nullable().default(null),
    windows: z.array(WindowInput).max(20).default([]),
    onConflict: z.enum(['wait', 'refuse']).default('refuse'),
  })
  .meta({ id: 'RolloutStrategy' });

export const NewRollout = z
  .strictObject({
    tenantId: z.uuid().optional().describe('Needed where the selection names no project, template or instance'),
    name: displayName,
    change: RolloutChangeInput,
    selection: RolloutSelectionInput,
    strategy: RolloutStrategyInput.prefault({}),
  })
  .meta({ id: 'NewRollout' });

export const RolloutPreviewRequest = NewRollout.partial({ name: true }).meta({ id: 'RolloutPreviewRequest' });

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
