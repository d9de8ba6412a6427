import type { z } from 'zod';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { ClusterRow } from './cluster.presenter.ts';
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

export const listClusters = (
  tx: Transaction,
  { name, phase, sort, limit, cursor }: z.output<typeof ClusterQuery>,
): Promise<Page<ClusterRow>> =>
  readPage<ClusterRow>(tx, {
    name: 'clusters',
    select: `c.id, c.name, c.runtime, c.phase, c.preparation, c.settings, c.version, c.message, c.generation,
      c.last_seen_at as "lastSeenAt", c.created_at as "createdAt"`,
    from: 'clusters c',
    where: [
      ...(name ? [containsText(['c.name'], name)] : []),
      ...(phase ? [condition('c.phase = any (array[?]::text[])', phase)] : []),
    ],
    sort: sortOf(sortKeys, sort),
    limit,
    cursor,
  });
