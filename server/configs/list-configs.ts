import type { z } from 'zod';
import type { Reach } from '../access/caller.ts';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage, type Condition } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { configColumns, configJoins, configStatus, readableConfigs, type ConfigRow } from './config-row.ts';
import type { ConfigQuery } from './config.schema.ts';

const id = { sql: 'c.id', cast: 'uuid' } as const;
const sortKeys = {
  name: [{ sql: 'c.name', cast: 'text' }, id],
  updatedAt: [{ sql: 'c.updated_at', cast: 'timestamptz' }, id],
} as const;

export const listConfigs = (
  tx: Transaction,
  reach: Reach,
  query: z.output<typeof ConfigQuery>,
): Promise<Page<ConfigRow>> =>
  readPage<ConfigRow>(tx, {
    name: 'configs',
    select: configColumns,
    from: 'config_templates c',
    joins: { to: 'c', sql: configJoins },
    where: [readableConfigs(reach), ...filters(query)],
    sort: sortOf(sortKeys, query.sort),
    limit: query.limit,
    cursor: query.cursor,
  });

function* filters({ tenantId, projectId, agentKind, status, name }: z.output<typeof ConfigQuery>): Iterable<Condition> {
  if (tenantId) yield condition('c.tenant_id = ?', tenantId);
  if (projectId) {
    const ofItsTenant = 'c.tenant_id = (select tenant_id from projects where id = ?)';
    yield condition(`(c.project_id = ? or c.project_id is null and ${ofItsTenant})`, projectId, projectId);
  }
  if (agentKind) yield condition('c.agent_kind = ?', agentKind);
  if (status) yield condition(`${configStatus} = any (array[?]::text[])`, status);
  if (name) yield containsText(['c.name', 'c.description'], name);
}
