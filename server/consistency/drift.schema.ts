import { z } from 'zod';
import { pageOf, pageQuery, repeated } from '../http/page.ts';

const state = z.enum(['consistent', 'drifted', 'unknown']).meta({ id: 'DriftState' });

export const DriftAnswer = z
  .strictObject({
    instanceId: z.uuid(),
    tenantId: z.uuid(),
    projectId: z.uuid(),
    name: z.string(),
    state: state.describe('unknown: it could not be looked at; the findings are those of before'),
    findings: z.array(
      z.strictObject({
        what: z.enum(['configuration', 'image', 'resources', 'power', 'objects']),
        wanted: z.string(),
        found: z.string(),
      }),
    ),
    revision: z.int().describe('It was compared with'),
    checkedAt: z.iso.datetime(),
    driftedSince: z.iso.datetime().nullable(),
    operationId: z.uuid().nullable().describe('The newest repair that maintenance asked for'),
  })
  .meta({ id: 'Drift' });
export type DriftAnswer = z.infer<typeof DriftAnswer>;

export const DriftList = pageOf(DriftAnswer, 'DriftList');

export const DriftQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  state: repeated(state),
  sort: z.enum(['checkedAt', '-checkedAt']).default('-checkedAt'),
});

export const InstanceDrift = z
  .strictObject({ drift: DriftAnswer.nullable().describe('Null: never compared yet') })
  .meta({ id: 'InstanceDrift' });

export const DriftCheckAccepted = z.strictObject({ instanceId: z.uuid() }).meta({
  id: 'DriftCheckAccepted',
  description: 'The comparison has begun; its result is at GET on the same address',
});
