import { z } from 'zod';
import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { dnsLabel, notBlank, permissionList, prose } from '../http/fields.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';
import { RolloutStrategyInput } from '../rollouts/rollout-order.schema.ts';
import { ConfigLayerName } from './config-layer.schema.ts';

const document = z
  .record(z.string(), z.unknown())
  .describe('A part of the unified configuration; `{"$variable": "name"}` takes the value of a variable');
const pointers = z
  .array(
    z
      .string()
      .max(500)
      .regex(/^(\/[^/]*)*$/),
  )
  .max(200)
  .describe('JSON pointers into the configuration; what is at or below them cannot be set by a lower layer');
const variableSchema = z
  .record(z.string(), z.unknown())
  .describe('JSON Schema (2020-12) of the object that holds the variables');
const variables = z.record(z.string().max(100), z.unknown());
const layer = ConfigLayerName;
const fault = z
  .strictObject({
    layer: layer.nullable().describe('Where the faulty value was written; null where it stands in the request itself'),
    pointer: z.string().describe('Into the configuration of that layer, or into the request'),
    variable: z.string().nullable().describe('The variable that gave the value'),
    code: z.string().describe('Of the problem that would refuse it'),
    detail: z.string(),
  })
  .meta({ id: 'ConfigFault' });

const content = {
  configuration: document,
  variables: variableSchema.default({}),
  locks: pointers.default([]),
};

export const NewConfig = z
  .strictObject({
    tenantId: z.uuid(),
    projectId: z.uuid().nullable().default(null),
    name: dnsLabel,
    description: prose(500).default(''),
    agentKind: z.string().max(40),
    ...content,
    reason: prose(500).default(''),
  })
  .meta({ id: 'NewConfig' });

/** A change of the content makes a new draft version. */
export const ConfigChange = z
  .strictObject({
    name: dnsLabel,
    description: prose(500).default(''),
    ...content,
    reason: prose(500).default(''),
  })
  .meta({ id: 'ConfigChange' });

const status = z.enum(['draft', 'published', 'retired']);

const versionSummary = {
  version: z.int(),
  status,
  reason: z.string(),
  createdByName: z.string(),
  createdAt: z.iso.datetime(),
  publishedAt: z.iso.datetime().nullable(),
  instances: z.int().describe('That run it now'),
};
export const ConfigVersionSummary = z.strictObject(versionSummary).meta({ id: 'ConfigVersionSummary' });
export type ConfigVersionSummary = z.infer<typeof ConfigVersionSummary>;
export const ConfigVersionAnswer = z
  .strictObject({ ...versionSummary, configuration: document, variables: variableSchema, locks: pointers })
  .meta({ id: 'ConfigVersion' });
export type ConfigVersionAnswer = z.infer<typeof ConfigVersionAnswer>;
export const ConfigVersionList = pageOf(ConfigVersionSummary, 'ConfigVersionList');

export const ConfigVersionQuery = z.strictObject(pageQuery);
export const byConfigVersion = z.strictObject({
  id: z.uuid(),
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1),
});
export const byAgentKind = z.strictObject({ agentKind: z.string().max(40) });
export const byIdAndAgentKind = z.strictObject({ id: z.uuid(), agentKind: z.string().max(40) });

const summary = {
  id: z.uuid(),
  tenantId: z.uuid(),
  tenantName: z.string(),
  projectId: z.uuid().nullable(),
  projectName: z.string().nullable(),
  name: z.string(),
  description: z.string(),
  agentKind: z.string(),
  status: status.describe('Of the template: draft before its first publication'),
  latestVersion: z.int(),
  publishedVersion: z.int().nullable(),
  instances: z.int().describe('Bound to it'),
  outdated: z.int().describe('Of those, not at the published version'),
  generation: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  permissions: permissionList,
};
export const ConfigSummary = z.strictObject(summary).meta({ id: 'ConfigSummary' });
export type ConfigSummary = z.infer<typeof ConfigSummary>;
export const ConfigAnswer = z.strictObject({ ...summary, latest: ConfigVersionAnswer }).meta({ id: 'Config' });
export type ConfigAnswer = z.infer<typeof ConfigAnswer>;
export const ConfigList = pageOf(ConfigSummary, 'ConfigList');

export const ConfigQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  agentKind: z.string().max(40).optional(),
  status: repeated(status),
  name: z.string().max(63).optional(),
  sort: z.enum(['name', '-name', 'updatedAt', '-updatedAt']).default('name'),
});

/** Checks a version, or content that is not saved yet, with variables; for an instance, with its layers. */
export const ConfigValidation = z
  .strictObject({
    version: z.int().min(1).optional().describe('Left out: the latest, or the content given here'),
    configuration: document.optional(),
    variablesSchema: variableSchema.optional(),
    locks: pointers.optional(),
    variables: variables.default({}),
    instanceId: z.uuid().optional().describe('Render for this instance; left out: with no instance layer'),
    projectId: z.uuid().optional(),
    agentVersionId: z.uuid().optional().describe('Whose own program checks it, in the background; see programCheck'),
  })
  .meta({ id: 'ConfigValidation' });

export const ConfigVerdict = z
  .strictObject({
    valid: z.boolean(),
    faults: z.array(fault),
    configuration: UnifiedConfiguration.nullable().describe('As rendered; null where it cannot be'),
    provenance: z.record(z.string(), layer).describe('JSON pointer -> layer that the value comes from'),
    files: z.record(z.string(), z.string()),
    configurationHash: z.string().nullable(),
    programCheck: z
      .enum(['passed', 'failed', 'unknown'])
      .describe('What the agent version’s own program said of these bytes before; unknown: a rollout asks it first'),
  })
  .meta({ id: 'ConfigVerdict' });
export type ConfigVerdict = z.infer<typeof ConfigVerdict>;

export const ConfigPublication = z
  .strictObject({
    version: z.int().min(1).optional().describe('Left out: the latest'),
    reason: prose(500).default(''),
    push: z.boolean().default(true).describe('Bring it to the bound instances by a rollout'),
    strategy: RolloutStrategyInput.optional(),
  })
  .meta({ id: 'ConfigPublication' });

export const ConfigRollback = z
  .strictObject({
    toVersion: z.int().min(1).optional().describe('Left out: the version published before'),
    reason: prose(500).min(1).meta(notBlank),
    push: z.boolean().default(true),
    strategy: RolloutStrategyInput.optional(),
  })
  .meta({ id: 'ConfigRollback' });

/** What publish and rollback answer: the template, and the rollout where there was anything to bring. */
export const ConfigPublished = z
  .strictObject({ config: ConfigAnswer, rolloutId: z.uuid().nullable() })
  .meta({ id: 'ConfigPublished' });

const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const diffSide = new RegExp(`^([1-9]\\d{0,8}|instance:${uuid}:[1-9]\\d{0,8})$`);
export const ConfigDiffQuery = z.strictObject({
  from: z.string().regex(diffSide).describe('A version, or `instance:<id>:<revision>`'),
  to: z.string().regex(diffSide),
});
export const ConfigDiff = z
  .strictObject({
    from: z.record(z.string(), z.unknown()),
    to: z.record(z.string(), z.unknown()),
    changes: z.array(
      z.strictObject({
        pointer: z.string(),
        kind: z.enum(['added', 'removed', 'changed']),
        from: z.unknown().optional(),
        to: z.unknown().optional(),
      }),
    ),
  })
  .meta({ id: 'ConfigDiff' });
export type ConfigDiff = z.infer<typeof ConfigDiff>;

export const DefaultsInput = z
  .strictObject({ configuration: document, locks: pointers.default([]) })
  .meta({ id: 'DefaultsInput' });
export const DefaultsAnswer = z
  .strictObject({
    layer: z.enum(['platform', 'tenant', 'project']),
    agentKind: z.string(),
    configuration: document,
    locks: pointers,
    generation: z.int(),
    updatedAt: z.iso.datetime().nullable(),
    permissions: permissionList,
  })
  .meta({ id: 'Defaults' });
export type DefaultsAnswer = z.infer<typeof DefaultsAnswer>;
