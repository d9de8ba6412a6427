import type { z } from 'zod';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { AgentVersionRow } from './agent.presenter.ts';
import type { AgentVersionQuery } from './agent.schema.ts';

const sortKeys = {
  version: [
    { sql: 'a.kind', cast: 'text' },
    { sql: 'a.version', cast: 'text' },
    { sql: 'a.id', cast: 'uuid' },
  ],
  createdAt: [
    { sql: 'a.created_at', cast: 'timestamptz' },
    { sql: 'a.id', cast: 'uuid' },
  ],
} as const;

export const listAgentVersions = (
  tx: Transaction,
  { kind, status, sort, limit, cursor }: z.output<typeof AgentVersionQuery>,
): Promise<Page<AgentVersionRow>> =>
  readPage<AgentVersionRow>(tx, {
    name: 'agent-versions',
    select: `a.id, a.kind, a.version, a.image, a.image_digest as "imageDigest", a.package, a.status, a.generation,
      a.created_at as "createdAt"`,
    from: 'agent_versions a',
    where: [
      ...(kind ? [condition('a.kind = ?', kind)] : []),
      ...(status ? [condition('a.status = any (array[?]::text[])', status)] : []),
    ],
    sort: sortOf(sortKeys, sort),
    limit,
    cursor,
  });
