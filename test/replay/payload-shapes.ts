import { z } from 'zod';
import { maintenanceNames, maintenanceTitles } from '../../workflows/contracts/maintenance.ts';
import { OperationKind, searchAttributes } from '../../workflows/contracts/operations.ts';
import { OperationPhase, PauseReason, RolloutPhase } from '../../workflows/contracts/phases.ts';
import { isProblemCode, problems } from '../../workflows/contracts/problems.ts';
import { RolloutKind } from '../../workflows/contracts/rollouts.ts';
import { stepTitles } from '../../workflows/contracts/steps.ts';

/** A payload or a text that Temporal keeps, and where in the history it stands. */
interface Told {
  path: string;
  value: unknown;
}

const id = z.uuid();
const code = z.string().refine(isProblemCode, 'not a code of the catalogue');
/** Sentences that stand in the sources, so that they can be of nobody. */
const sentences = new Set<string>([
  ...Object.values(problems).map(([, sentence]) => sentence),
  'cancelled',
  'cancelled on request',
  'Workflow cancelled',
  'Activity cancelled',
  'Activity task failed',
  'Activity task timed out',
]);
const sentence = z
  .string()
  .refine((text) => sentences.has(text) || /^timed out: [\w ]+$/.test(text), 'not a sentence of ours');
const problem = z.strictObject({ code, detail: sentence });

const operationInput = z.strictObject({
  operationId: id,
  tenantId: id,
  instanceId: id.optional(),
  clusterId: id.nullable().optional(),
  purge: z.boolean().optional(),
});
const rolloutInput = z.strictObject({ rolloutId: id, tenantId: id });
const maintenanceInput = z.strictObject({ name: z.enum(maintenanceNames), instanceId: id.optional() });
const input = z.union([operationInput, rolloutInput, maintenanceInput]);
const outcome = z.strictObject({
  phase: z.enum(['Succeeded', 'Failed', 'Cancelled']),
  error: problem.nullable(),
  undone: z.boolean(),
});
const clock = z.strictObject({ seconds: z.number(), nanos: z.number() });
/** What the SDK notes of a local activity; its failure stands beside it. */
const localActivity = z.strictObject({
  seq: z.number(),
  attempt: z.number(),
  activity_id: z.string().regex(/^\d+$/),
  activity_type: z.string().regex(/^\w+$/),
  complete_time: clock,
  backoff: clock.nullable(),
  original_schedule_time: clock,
});
const counts = z.record(z.string().regex(/^[a-zA-Z]{1,30}$/), z.number());

const phases = Object.values(RolloutPhase).join('|');
const reasons = Object.values(PauseReason).join('|');
const progress = new RegExp(
  String.raw`^(?:(?:${phases})(?: \((?:${reasons})\))?(?:, wave \d+ of \d+: \d+ of \d+ updated, \d+ failed)?|checking what it brings|There is no such rollout\.)$`,
);
const advanced = z.strictObject({
  state: z.enum(['unchecked', 'moving', 'idle', 'ended']),
  waitMs: z.number(),
  phase: z.enum(RolloutPhase).optional(),
  details: z.string().regex(progress),
});
const applied = z.strictObject({ running: z.boolean(), ready: z.boolean().optional() });

const kinds = [
  ...Object.values(OperationKind),
  ...Object.values(RolloutKind).map((kind) => `rollout.${kind}`),
  ...maintenanceNames.map((name) => `maintenance.${name}`),
];
const title = z.enum([
  ...kinds,
  ...Object.values(stepTitles),
  ...Object.values(maintenanceTitles),
  'check what it brings with the agents’ own programs',
  'compare one instance with what it should be',
]);
const shownPhase = z.enum([...Object.values(OperationPhase), ...Object.values(RolloutPhase)]);
const idAttributes = [
  searchAttributes.tenant,
  searchAttributes.project,
  searchAttributes.instance,
  searchAttributes.rollout,
].join('|');

/** Where payloads may stand, and all that they may say there. Anything elsewhere is told too much. */
const shapes: readonly [RegExp, z.ZodType][] = [
  [/workflowExecution(Started|ContinuedAsNew)EventAttributes\/input\//, input],
  [/activityTaskScheduledEventAttributes\/input\//, z.union([input, outcome, problem])],
  [/activityTaskCompletedEventAttributes\/result\//, z.union([z.null(), applied, advanced, counts])],
  [
    /workflowExecutionCompletedEventAttributes\/result\//,
    z.union([z.null(), z.enum(['Succeeded', 'Superseded']), counts]),
  ],
  [new RegExp(`indexedFields/(${idAttributes})$`), z.union([id, z.tuple([id])])],
  [new RegExp(`indexedFields/${searchAttributes.operation}$`), z.union([z.enum(kinds), z.tuple([z.enum(kinds)])])],
  [new RegExp(`indexedFields/${searchAttributes.phase}$`), z.union([shownPhase, z.tuple([shownPhase])])],
  [/indexedFields\/(TemporalChangeVersion|BuildIds)$/, z.array(z.string().regex(/^[\w:.@/-]+$/))],
  [/indexedFields\/Temporal(ScheduledById|ScheduledStartTime|Worker\w+|UsedWorker\w+)$/, z.unknown()],
  [/userMetadata\/summary$/, title],
  [/markerRecordedEventAttributes\/details\/patch-data\//, z.strictObject({ id: z.string(), deprecated: z.boolean() })],
  [/markerRecordedEventAttributes\/details\/data\//, localActivity],
  [/markerRecordedEventAttributes\/details\/result\//, z.union([z.null(), z.boolean()])],
  // What no payload is, but a text that people read.
  [/(failure|Failure|cause)\/message$/, sentence],
  [/\/stackTrace$/, z.string().refine(isFramesAlone, 'more than frames')],
  [/applicationFailureInfo\/type$/, code],
];

/** A trace begins with the error's own sentence. */
function isFramesAlone(trace: string): boolean {
  const [head = '', ...frames] = trace.split('\n');
  const [, said] = /^\w+: (.*)$/.exec(head) ?? [];
  return frames.every((line) => /^\s+at /.test(line)) && (said === undefined ? head === '' : sentences.has(said));
}

const isPayload = (value: object): value is { data?: string } =>
  'metadata' in value && typeof value.metadata === 'object' && value.metadata !== null && 'encoding' in value.metadata;

/** All payloads, read, and the texts that a failure carries. */
export function* toldIn(value: unknown, path = ''): Generator<Told> {
  if (typeof value !== 'object' || value === null) {
    if (/(failure|Failure|cause)\/message$|\/stackTrace$|applicationFailureInfo\/type$/.test(path))
      yield { path, value };
    return;
  }
  if (isPayload(value)) {
    const text = Buffer.from(value.data ?? '', 'base64').toString('utf8');
    yield { path, value: text === '' ? null : JSON.parse(text) };
    return;
  }
  for (const [key, inner] of Object.entries(value)) yield* toldIn(inner, `${path}/${key}`);
}

/** What a history tells beside ids, codes, numbers and the sentences of the sources; empty as it should be. */
export const tooMuchIn = (history: unknown): string[] =>
  [...toldIn(history)].flatMap(({ path, value }) => {
    const shape = shapes.find(([where]) => where.test(path));
    const fault = shape ? shape[1].safeParse(value).error : 'nothing is told here';
    return fault ? [`${path.replace(/^\/events\/\d+\//, '')}: ${JSON.stringify(value)}`] : [];
  });
