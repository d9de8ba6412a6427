import type { z } from 'zod';
import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { TenantRow } from './tenant.presenter.ts';
import type { TenantQuery } from './tenant.schema.ts';

const sortKeys = {
  name: [
    { sql: 't.name', cast: 'text' },
    { sql: 't.id', cast: 'uuid' },
  ],
  createdAt: [
    { sql: 't.created_at', cast: 'timestamptz' },
    { sql: 't.id', cast: 'uuid' },
  ],
} as const;

export const listTenants = (
  tx: Transaction,
  reach: Reach,
  { name, sort, limit, cursor }: z.output<typeof TenantQuery>,
): Promise<Page<TenantRow>> =>
  readPage<TenantRow>(tx, {
    name: 'tenants',
    select:
      't.id, t.name, t.display_name as "displayName", t.phase, t.drift_policy as "driftPolicy", t.generation, t.created_at as "createdAt"',
    from: 'tenants t',
    where: [
      reachCondition(reach, { tenant: 't.id' }),
      condition(`t.phase <> 'Deleted'`),
      ...(name ? [containsText(['t.name', 't.display_name'], name)] : []),
    ],
    sort: sortOf(sortKeys, sort),
    limit,
    cursor,
  });
