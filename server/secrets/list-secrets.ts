import type { z } from 'zod';
import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { SecretRow } from './secret.presenter.ts';
import type { SecretQuery } from './secret.schema.ts';
import { secretUsers, type SecretUsers } from './secret-users.ts';

const sortKeys = {
  name: [
    { sql: 's.name', cast: 'text' },
    { sql: 's.id', cast: 'uuid' },
  ],
  updatedAt: [
    { sql: 's.updated_at', cast: 'timestamptz' },
    { sql: 's.id', cast: 'uuid' },
  ],
} as const;

export async function listSecrets(
  tx: Transaction,
  reach: Reach,
  { tenantId, projectId, name, sort, limit, cursor }: z.output<typeof SecretQuery>,
): Promise<Page<{ secret: SecretRow; users: SecretUsers | undefined }>> {
  const page = await readPage<SecretRow>(tx, {
    name: 'secrets',
    select: `s.id, s.tenant_id as "tenantId", s.project_id as "projectId", s.name, s.description, s.version,
      s.generation, s.created_at as "createdAt", s.updated_at as "updatedAt"`,
    from: 'secrets s',
    where: [
      reachCondition(reach, { tenant: 's.tenant_id', project: 's.project_id' }),
      ...(tenantId ? [condition('s.tenant_id = ?', tenantId)] : []),
      ...(projectId ? [condition('s.project_id = ?', projectId)] : []),
      ...(name ? [containsText(['s.name'], name)] : []),
    ],
    sort: sortOf(sortKeys, sort),
    limit,
    cursor,
  });
  const users = await secretUsers(
    tx,
    page.items.map(({ id }) => id),
  );
  return { ...page, items: page.items.map((secret) => ({ secret, users: users.get(secret.id) })) };
}
