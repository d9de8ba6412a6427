import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import type { Condition } from '../http/list.ts';

export type ConfigStatus = 'draft' | 'published' | 'retired';

/** One template with all that a list shows of it. Times are as the driver gives them. */
export interface ConfigRow {
  id: string;
  tenantId: string;
  tenantName: string;
  projectId: string | null;
  projectName: string | null;
  name: string;
  description: string;
  agentKind: string;
  status: ConfigStatus;
  latestVersion: number;
  publishedVersion: number | null;
  instances: number;
  outdated: number;
  generation: number;
  createdAt: Date | string;
  updatedAt: Date | string;
}

export const configStatus = `case when c.retired_at is not null then 'retired'
  when c.published_version is not null then 'published' else 'draft' end`;

export const configColumns = `
  c.id, c.tenant_id as "tenantId", t.name as "tenantName", c.project_id as "projectId", p.name as "projectName", c.name,
  c.description, c.agent_kind as "agentKind", ${configStatus} as status, c.latest_version as "latestVersion",
  c.published_version as "publishedVersion", b.instances, b.outdated, c.generation, c.created_at as "createdAt",
  c.updated_at as "updatedAt"`;

/** One row of each, for the templates of one page. */
export const configJoins = `
  join lateral (select name from tenants where id = c.tenant_id limit 1) t on true
  left join lateral (select name from projects where tenant_id = c.tenant_id and id = c.project_id limit 1) p on true
  join lateral (
    select count(*)::int as instances,
      count(*) filter (where template_version is distinct from c.published_version)::int as outdated
    from instances where template_id = c.id and tenant_id = c.tenant_id and deleted_at is null) b on true`;

/** What a tenant has for all of its projects, the members of each of them read too: they choose from it. */
export function readableConfigs(reach: Reach): Condition {
  const within = reachCondition(reach, { tenant: 'c.tenant_id', project: 'c.project_id' });
  if (reach === 'everything' || reach.projectIds.length === 0) return within;
  return {
    sql: `(${within.sql} or c.project_id is null
      and c.tenant_id in (select tenant_id from projects where id = any (array[?]::uuid[])))`,
    parameters: [...within.parameters, [...reach.projectIds]],
  };
}
