import { z } from 'zod';
import { displayName } from '../http/fields.ts';
import { analysisMetrics } from './rollout.types.ts';

const labels = z.record(z.string().max(320), z.string().max(63));
const someLabels = labels.refine((all) => Object.keys(all).length > 0, 'at least one').meta({ minProperties: 1 });
const variables = z.record(z.string().max(100), z.unknown());

export const RolloutChangeInput = z
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

export const RolloutSelectionInput = z
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

export const WavePlanInput = z
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
