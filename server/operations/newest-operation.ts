import type { Transaction } from '../persistence/transaction.ts';
import type { Operation } from './operation.entity.ts';

/** SQL: is `o` the newest operation of its subject? */
export const newestColumn = `o.id = (select n.id from operations n where n.tenant_id = o.tenant_id
  and n.instance_id is not distinct from o.instance_id order by n.created_at desc, n.id desc limit 1)`;

/** @returns the id of the newest operation of the same subject */
export async function newestOperationOf(
  tx: Transaction,
  { tenantId, instanceId }: Pick<Operation, 'tenantId' | 'instanceId'>,
): Promise<string | null> {
  const [row] = await tx.query<{ id: string }>(
    `select id from operations where tenant_id = ? and instance_id is not distinct from ?::uuid
     order by created_at desc, id desc limit 1`,
    [tenantId, instanceId ?? null],
  );
  return row?.id ?? null;
}
