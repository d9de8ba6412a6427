import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { condition, readPage, type Condition } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { nothingUsed, usageBetween, usageSums, type UsageRow } from './usage-rows.ts';
import type { UsageQuery } from './usage.schema.ts';

export interface ListedUsage extends UsageRow {
  tenantId: string;
  tenantName: string;
  projectId: string | null;
  projectName: string | null;
  instanceId: string | null;
  instanceName: string | null;
}

const id = { sql: 'g.id', cast: 'uuid' } as const;
const sortKeys = {
  cost: [{ sql: 'g.cost_micros', cast: 'bigint' }, id],
  tokens: [{ sql: 'g.tokens_in + g.tokens_out', cast: 'bigint' }, id],
  calls: [{ sql: 'g.calls_succeeded + g.calls_failed', cast: 'bigint' }, id],
} as const;

/** What makes a group, and the id that tells it from others. */
const groups = {
  tenant: `i.tenant_id, null::uuid as project_id, null::uuid as instance_id, i.tenant_id as id`,
  project: `i.tenant_id, i.project_id, null::uuid as instance_id, i.project_id as id`,
  instance: `i.tenant_id, i.project_id, i.id as instance_id, i.id`,
} as const;

const names = `
  join lateral (select name from tenants where id = g.tenant_id limit 1) t on true
  left join lateral (select name from projects where tenant_id = g.tenant_id and id = g.project_id limit 1) p on true
  left join lateral (select name from instances where tenant_id = g.tenant_id and id = g.instance_id limit 1) i on true`;

/** Sums by tenant, project or instance of what the caller may see, and the sum over all of them. */
export async function listUsage(
  tx: Transaction,
  reach: Reach,
  query: UsageQuery,
  { from, to }: { from: Date; to: Date },
): Promise<{ page: Page<ListedUsage>; totals: UsageRow }> {
  const wanted = [reachCondition(reach, { tenant: 'i.tenant_id', project: 'i.project_id' }), ...filters(query)];
  const used = `${usageBetween} u join instances i on i.tenant_id = u.tenant_id and i.id = u.instance_id
    where ${wanted.map(({ sql }) => sql).join(' and ')}`;
  const parameters = [from, to, from, to, ...wanted.flatMap((one) => one.parameters)];
  const page = await readPage<ListedUsage>(tx, {
    name: `usage ${JSON.stringify([query.by, query.tenantId, query.projectId, query.instanceId, query.from, query.to])}`,
    select: `g.tenant_id as "tenantId", t.name as "tenantName", g.project_id as "projectId", p.name as "projectName",
      g.instance_id as "instanceId", i.name as "instanceName", g.calls_succeeded, g.calls_failed, g.runs, g.tokens_in,
      g.tokens_out, g.cost_micros`,
    from: `(select ${groups[query.by]}, ${usageSums} from ${used} group by 1, 2, 3, 4) g`,
    fromParameters: parameters,
    joins: { to: 'g', sql: names },
    where: [],
    sort: sortOf(sortKeys, query.sort),
    limit: query.limit,
    cursor: query.cursor,
  });
  const [totals = nothingUsed] = await tx.query<UsageRow>(`select ${usageSums} from ${used}`, parameters);
  return { page, totals };
}

function* filters({ tenantId, projectId, instanceId }: UsageQuery): Iterable<Condition> {
  if (tenantId) yield condition('i.tenant_id = ?', tenantId);
  if (projectId) yield condition('i.project_id = ?', projectId);
  if (instanceId) yield condition('i.id = ?', instanceId);
}
