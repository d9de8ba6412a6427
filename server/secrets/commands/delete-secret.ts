import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Secret } from '../secret.entity.ts';
import { secretUsers } from '../secret-users.ts';

/**
 * Removes a secret with all its versions. The full row lock waits for those who are about to refer to it.
 * @throws Problem 'secret.unknown', 'secret.in-use', 'request.stale'
 */
export async function deleteSecret(
  tx: Transaction,
  { id, expectedGeneration, by }: { id: string; expectedGeneration: number; by: Requester },
): Promise<void> {
  await tx.query('select id from secrets where id = ? for update', [id]);
  const secret = await tx.em.findOne(Secret, { id }, { refresh: true });
  if (!secret) throw new Problem('secret.unknown', id);
  requireGeneration(secret, expectedGeneration);
  const users = (await secretUsers(tx, [id])).get(id);
  if (users && users.total > 0) {
    const names = users.instances.map(({ name }) => name).join(', ');
    throw new Problem('secret.in-use', `used by ${names}`, { extra: { instances: users.total } });
  }
  const { tenantId, projectId, name } = secret;
  await tx.em.nativeDelete(Secret, { tenantId, id });
  recordChange(tx, { noun: 'secret', verb: 'delete', object: { id, name, tenantId, projectId }, by });
}
