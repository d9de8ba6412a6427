import { z } from 'zod';
import { pageOf, pageQuery } from '../http/page.ts';

const amounts = {
  callsSucceeded: z.int(),
  callsFailed: z.int().describe('Attempts to call a model that ended in an error'),
  runs: z.int(),
  tokensIn: z.int().describe('Cached ones too'),
  tokensOut: z.int(),
  costUsd: z.number().describe('By the prices in the configuration'),
};

export const Usage = z.strictObject(amounts).meta({ id: 'Usage', description: 'What agents did with their models' });
export type Usage = z.output<typeof Usage>;

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const range = {
  from: time.optional().describe('Left out: a day before `to`'),
  to: time.optional().describe('Left out: now'),
};

export const InstanceUsageQuery = z.strictObject({
  ...range,
  step: z.coerce.number().int().min(60).max(2_678_400).default(3_600).describe('Seconds'),
});

export const InstanceUsage = z
  .strictObject({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    stepSeconds: z.int(),
    total: Usage,
    steps: z
      .array(z.strictObject({ at: z.iso.datetime().describe('Beginning of the step'), ...amounts }))
      .describe('Those in which anything was done; within 7 days as it was told, before that by the hour'),
    lastToldAt: z.iso.datetime().nullable().describe('Null where the agent has never told its usage'),
  })
  .meta({ id: 'InstanceUsage' });

export const UsageQuery = z.strictObject({
  ...pageQuery,
  ...range,
  by: z.enum(['tenant', 'project', 'instance']).default('instance'),
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  instanceId: z.uuid().optional(),
  sort: z.enum(['cost', '-cost', 'tokens', '-tokens', 'calls', '-calls']).default('-cost'),
});
export type UsageQuery = z.output<typeof UsageQuery>;

const page = pageOf(
  z.strictObject({
    tenantId: z.uuid(),
    tenantName: z.string(),
    projectId: z.uuid().nullable(),
    projectName: z.string().nullable(),
    instanceId: z.uuid().nullable(),
    instanceName: z.string().nullable(),
    usage: Usage,
  }),
  'UsageListPage',
);

export const UsageList = z
  .strictObject({ ...page.shape, from: z.iso.datetime(), to: z.iso.datetime(), totals: Usage })
  .meta({ id: 'UsageList', description: 'Only what did anything in that time; totals are over all pages' });
