import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import type { Permission } from '../access/permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { ConfigRow } from './config-row.ts';
import type { ConfigVersion } from './config-version.entity.ts';
import type { ConfigAnswer, ConfigSummary, ConfigVersionAnswer, ConfigVersionSummary } from './config.schema.ts';
import type { ConfigVersionRow } from './list-config-versions.ts';
import type { ReadConfig } from './read-config.ts';

const onConfig = ['config:update', 'config:publish', 'config:delete'] as const satisfies Permission[];

export const presentConfigSummary = (row: ConfigRow, caller: Caller): ConfigSummary => ({
  id: row.id,
  tenantId: row.tenantId,
  tenantName: row.tenantName,
  projectId: row.projectId,
  projectName: row.projectName,
  name: row.name,
  description: row.description,
  agentKind: row.agentKind,
  status: row.status,
  latestVersion: row.latestVersion,
  publishedVersion: row.publishedVersion,
  instances: row.instances,
  outdated: row.publishedVersion === null ? 0 : row.outdated,
  generation: row.generation,
  createdAt: timeOf(row.createdAt),
  updatedAt: timeOf(row.updatedAt),
  permissions: loadPermissions(caller, row, onConfig),
});

export const presentConfig = ({ row, latest, latestInstances }: ReadConfig, caller: Caller): ConfigAnswer => ({
  ...presentConfigSummary(row, caller),
  latest: presentConfigVersion(latest, latestInstances),
});

export const presentConfigVersionSummary = (row: ConfigVersionRow): ConfigVersionSummary => ({
  version: row.version,
  status: row.status,
  reason: row.reason,
  createdByName: row.createdByName,
  createdAt: timeOf(row.createdAt),
  publishedAt: row.publishedAt ? timeOf(row.publishedAt) : null,
  instances: row.instances,
});

export const presentConfigVersion = (version: ConfigVersion, instances: number): ConfigVersionAnswer => ({
  ...presentConfigVersionSummary({ ...version, publishedAt: version.publishedAt ?? null, instances }),
  configuration: version.configuration,
  variables: version.variables,
  locks: version.locks,
});
