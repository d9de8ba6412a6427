import type { z } from 'zod';
import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { ProjectRow } from './project.presenter.ts';
import type { ProjectQuery } from './project.schema.ts';

const sortKeys = {
  name: [
    { sql: 'p.name', cast: 'text' },
    { sql: 'p.id', cast: 'uuid' },
  ],
  createdAt: [
    { sql: 'p.created_at', cast: 'timestamptz' },
    { sql: 'p.id', cast: 'uuid' },
  ],
} as const;

type ListedProject = ProjectRow & { tenantName: string };

export const listProjects = (
  tx: Transaction,
  reach: Reach,
  { tenantId, name, sort, limit, cursor }: z.output<typeof ProjectQuery>,
): Promise<Page<ListedProject>> =>
  readPage<ListedProject>(tx, {
    name: 'projects',
    select: `p.id, p.tenant_id as "tenantId", t.name as "tenantName", p.name, p.display_name as "displayName",
      p.generation, p.created_at as "createdAt"`,
    from: 'projects p join tenants t on t.id = p.tenant_id',
    where: [
      reachCondition(reach, { tenant: 'p.tenant_id', project: 'p.id' }),
      condition(`t.phase <> 'Deleted'`),
      ...(tenantId ? [condition('p.tenant_id = ?', tenantId)] : []),
      ...(name ? [containsText(['p.name', 'p.display_name'], name)] : []),
    ],
    sort: sortOf(sortKeys, sort),
    limit,
    cursor,
  });
