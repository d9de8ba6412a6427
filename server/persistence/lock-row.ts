import type { EntityName } from '@mikro-orm/core';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from './transaction.ts';

/**
 * Locks one row until the end of the transaction and reads it as it then is; null where it is not visible.
 * The lock lets foreign keys through (`for no key update`): with `for update` on a tenant, another transaction that
 * holds the order of events would wait for us with its event, and we for the order of events with ours.
 */
export async function lockRow<Row extends { id: string }>(
  tx: Transaction,
  entity: EntityName<Row>,
  table: string,
  id: string,
): Promise<Row | null> {
  // What waits to be written must not be forgotten over what is read.
  await tx.em.flush();
  const [row] = await tx.query<object>('select * from ?? where id = ? for no key update', [table, id]);
  return row ? tx.em.map<Row>(entity, row) : null;
}

/** @throws Problem 'request.stale' where the caller has read another generation than the row now has */
export function requireGeneration(row: { generation: number }, expected: number): void {
  if (row.generation === expected) return;
  throw new Problem('request.stale', `generation is ${row.generation}, If-Match says ${expected}`, {
    extra: { generation: row.generation },
  });
}
