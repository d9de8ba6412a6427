import { z } from 'zod';
import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { ConfigLayerName } from '../configs/config-layer.schema.ts';
import { OwnLayer } from '../configs/own-layer.schema.ts';
import { InstancePhase } from '../../workflows/contracts/phases.ts';
import { dnsLabel, permissionList } from '../http/fields.ts';
import { labels } from '../http/labels.ts';
import { flag, pageOf, pageQuery, repeated } from '../http/page.ts';
import { RecordedErrorAnswer } from '../operations/operation.schema.ts';
import { PlacementAnswer } from '../placement/placement.schema.ts';
import { ResourcesInput, ResourcesOutput } from './quantities.ts';

const phase = z.enum(Object.values(InstancePhase)).meta({ id: 'InstancePhase' });

const variables = z.record(z.string().max(100), z.unknown()).describe('Name -> value, by the schema of the template');
const templateVersion = z.int().min(1);

export const NewInstance = z
  .strictObject({
    projectId: z.uuid(),
    clusterId: z.uuid().optional().describe('Left out: the platform chooses one'),
    clusterLabels: labels.optional().describe('Choose among the clusters with these labels'),
    agentVersionId: z.uuid(),
    name: dnsLabel,
    labels: labels.default({}),
    templateId: z.uuid().nullable().default(null),
    templateVersion: templateVersion.optional().describe('Left out: the published one'),
    variables: variables.default({}),
    configuration: OwnLayer.default({}).describe('Its own layer, over all others; see GET /configs'),
    resources: ResourcesInput.default({}),
  })
  .meta({ id: 'NewInstance' });

export const InstanceChange = z
  .strictObject({
    labels: labels.default({}),
    agentVersionId: z
      .uuid()
      .optional()
      .describe('Left out: as it is. Another one is an upgrade, with a copy of the state before it'),
    templateId: z.uuid().nullable().optional().describe('Left out: as it is; null: none'),
    templateVersion: templateVersion.optional().describe('Left out: as it is; of another template the published one'),
    variables: variables.optional().describe('Left out: as they are'),
    configuration: OwnLayer.describe('Its own layer, over all others'),
    resources: ResourcesInput.default({}).describe('What is left out stays as it is'),
  })
  .meta({ id: 'InstanceChange', description: 'Replaces labels and configuration' });

const provenance = z.record(z.string(), ConfigLayerName).describe('JSON pointer -> layer that the value comes from');

const observed = z
  .strictObject({
    exists: z.boolean(),
    ready: z.boolean(),
    current: z.boolean().describe('The process runs what is wanted now'),
    terminating: z.boolean(),
    restarts: z.int(),
    reason: z.string().nullable(),
    message: z.string().nullable(),
    exitCode: z.int().nullable(),
    startedAt: z.iso.datetime().nullable(),
    lastSeenAt: z.iso.datetime(),
  })
  .meta({ id: 'ObservedState' });

const summary = {
  id: z.uuid(),
  tenantId: z.uuid(),
  tenantName: z.string(),
  projectId: z.uuid(),
  projectName: z.string(),
  clusterId: z.uuid(),
  clusterName: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  agentKind: z.string(),
  agentVersionId: z.uuid(),
  agentVersion: z.string(),
  phase,
  phaseSince: z.iso.datetime(),
  power: z.enum(['on', 'off']),
  revision: z.int().describe('Wanted'),
  liveRevision: z.int().nullable().describe('Last proven live'),
  generation: z.int(),
  observed: observed.nullable(),
  lastError: RecordedErrorAnswer.nullable(),
  activeOperation: z.strictObject({ id: z.uuid(), kind: z.string(), phase: z.string() }).nullable(),
  resources: ResourcesOutput,
  volume: z.enum(['none', 'present', 'purged']),
  templateId: z.uuid().nullable(),
  templateName: z.string().nullable(),
  templateVersion: z.int().nullable().describe('Of the wanted revision'),
  rollbacks: z
    .int()
    .describe(
      'Revisions taken back, by whomever, since a change by hand last came to a good end; at three, rollouts leave it alone',
    ),
  leftAlone: z
    .boolean()
    .describe(
      'Rolled back so often that rollouts of configurations and images leave it alone until it is changed by hand',
    ),
  drift: z
    .enum(['consistent', 'drifted', 'unknown'])
    .nullable()
    .describe('Whether it runs what it should, as last compared; null: not yet'),
  createdAt: z.iso.datetime(),
  deletedAt: z.iso.datetime().nullable(),
  permissions: permissionList,
};

export const InstanceSummary = z.strictObject(summary).meta({ id: 'InstanceSummary' });
export type InstanceSummary = z.infer<typeof InstanceSummary>;

export const InstanceAnswer = z
  .strictObject({
    ...summary,
    configuration: UnifiedConfiguration.describe('In effect: of all layers'),
    overrides: z.record(z.string(), z.unknown()).describe('Its own layer, as written'),
    variables: z.record(z.string(), z.unknown()).describe('As given; what is left out has the template’s default'),
    provenance: provenance.nullable().describe('Null for a revision from before there were layers'),
    placement: PlacementAnswer.nullable().describe('Why it is on its cluster; null where that was never told'),
  })
  .meta({ id: 'Instance' });
export type InstanceAnswer = z.infer<typeof InstanceAnswer>;

export const InstanceList = pageOf(InstanceSummary, 'InstanceList');

export const InstanceQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  clusterId: z.uuid().optional(),
  templateId: z.uuid().optional(),
  templateVersion: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional(),
  phase: repeated(phase).describe('One or several; deleted ones are shown only when asked for'),
  name: z.string().max(63).optional().describe('Part of the name'),
  // No more than fits into the head of a request.
  label: repeated(z.string().max(320), 20).describe('`key=value`, all of them'),
  drift: repeated(z.enum(['consistent', 'drifted', 'unknown'])).describe('As last compared'),
  leftAlone: flag.optional().describe('Only those that rollouts leave alone, or only the others'),
  sort: z.enum(['name', '-name', 'createdAt', '-createdAt', 'phaseSince', '-phaseSince']).default('-createdAt'),
});

export const DeleteInstanceQuery = z.strictObject({
  purge: flag.default(false).describe('Remove the volume too; it cannot be brought back'),
  confirm: z.string().max(63).optional().describe('The name of the instance, for a purge'),
});

export const InstancePreviewRequest = z
  .strictObject({
    ...NewInstance.shape,
    name: dnsLabel.optional(),
    instanceId: z.uuid().optional().describe('A change of this one; what is left out stays as it is'),
    templateId: z.uuid().nullable().optional(),
    variables: variables.optional(),
  })
  .meta({ id: 'InstancePreviewRequest' });

const amounts = z.strictObject({
  cpuMillis: z.int(),
  memoryBytes: z.int(),
  storageBytes: z.int(),
  instances: z.int(),
});

export const InstancePreview = z
  .strictObject({
    files: z
      .record(z.string(), z.string())
      .describe('Native files as the agent will read them; secrets are references'),
    environment: z.record(z.string(), z.string()),
    secretReferences: z.record(z.string(), z.string()).describe('Variable of the process -> name of the secret'),
    configurationHash: z.string(),
    configuration: UnifiedConfiguration.describe('In effect: of all layers'),
    provenance,
    resources: ResourcesOutput,
    placement: PlacementAnswer.nullable().describe(
      'Where a creation would put it, and why; without a verdict of `chosen` it would be refused. Null for a change',
    ),
    change: z.enum(['none', 'hot', 'restart', 'new']).describe('What it means for the running process'),
    quota: z
      .strictObject({ limit: amounts, used: amounts, after: amounts, fits: z.boolean() })
      .nullable()
      .describe('Of the tenant; null for who may not read it'),
  })
  .meta({ id: 'InstancePreview' });
export type InstancePreview = z.infer<typeof InstancePreview>;
