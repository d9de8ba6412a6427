import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { memberColumns, memberTables, type MemberRow } from './member.presenter.ts';

interface Query {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  userId?: string | undefined;
  role?: string | undefined;
  name?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** By name. The tables know no tenant's context, so that the reach is the whole of the filter here. */
export const listMembers = (tx: Transaction, reach: Reach, query: Query): Promise<Page<MemberRow>> =>
  readPage<MemberRow>(tx, {
    name: 'members',
    select: memberColumns,
    from: memberTables,
    where: [
      condition('a.tenant_id is not null'),
      reachCondition(reach, { tenant: 'a.tenant_id', project: 'a.project_id' }),
      ...(query.tenantId ? [condition('a.tenant_id = ?::uuid', query.tenantId)] : []),
      ...(query.projectId ? [condition('a.project_id = ?::uuid', query.projectId)] : []),
      ...(query.userId ? [condition('a.user_id = ?::uuid', query.userId)] : []),
      ...(query.role ? [condition('a.role = ?', query.role)] : []),
      ...(query.name ? [containsText(['u.name', 'u.display_name'], query.name)] : []),
    ],
    sort: {
      keys: [
        { sql: 'u.name', cast: 'text' },
        { sql: 'a.id', cast: 'uuid' },
      ],
      descending: false,
    },
    limit: query.limit,
    cursor: query.cursor,
  });
