import type { Condition } from '../http/list.ts';
import type { Reach } from './caller.ts';

/**
 * The part of a `where` that leaves what the caller may read. Without a project column only whole tenants count.
 * @param columns SQL expressions of the tenant's and the project's id
 */
export function reachCondition(reach: Reach, columns: { tenant: string; project?: string }): Condition {
  if (reach === 'everything') return { sql: 'true', parameters: [] };
  const [only, ...others] = reach.tenantIds;
  // Equality lets an index that begins with the tenant give the order of the page too.
  const ofTenant: Condition =
    only && others.length === 0
      ? { sql: `${columns.tenant} = ?::uuid`, parameters: [only] }
      : { sql: `${columns.tenant} = any (array[?]::uuid[])`, parameters: [[...reach.tenantIds]] };
  if (!columns.project || reach.projectIds.length === 0) return ofTenant;
  return {
    sql: `(${ofTenant.sql} or ${columns.project} = any (array[?]::uuid[]))`,
    parameters: [...ofTenant.parameters, [...reach.projectIds]],
  };
}
