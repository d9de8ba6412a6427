import type { z } from 'zod';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { clusterColumns, type ClusterRow } from './cluster-row.ts';
import type { ClusterQuery } from './cluster.schema.ts';

const sortKeys = {
  name: [
    { sql: 'c.name', cast: 'text' },
    { sql: 'c.id', cast: 'uuid' },
  ],
  createdAt: [
    { sql: 'c.created_at', cast: 'timestamptz' },
    { sql: 'c.id', cast: 'uuid' },
  ],
} as const;

/** Of a tenant `t` and a cluster `c`: it is its own, or one of the shared ones that it is allowed. */
const mayUse =
  '(c.tenant_id = t.id or (c.tenant_id is null and (t.allowed_clusters is null or c.id = any (t.allowed_clusters))))';

/** Those that the transaction can see: none that belongs to a tenant of somebody else. */
export const listClusters = (
  tx: Transaction,
  { name, phase, runtime, tenantId, sort, limit, cursor }: z.output<typeof ClusterQuery>,
): Promise<Page<ClusterRow>> =>
  readPage<ClusterRow>(tx, {
    name: 'clusters',
    select: clusterColumns,
    from: 'clusters c',
    where: [
      ...(name ? [containsText(['c.name'], name)] : []),
      ...(phase ? [condition('c.phase = any (array[?]::text[])', phase)] : []),
      ...(runtime ? [condition('c.runtime = any (array[?]::text[])', runtime)] : []),
      ...(tenantId ? [condition(`exists (select from tenants t where t.id = ? and ${mayUse})`, tenantId)] : []),
    ],
    sort: sortOf(sortKeys, sort),
    limit,
    cursor,
  });
