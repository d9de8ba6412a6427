import { Problem } from '../../../workflows/contracts/problem.ts';
import { isStillActive } from '../../operations/require-operation.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Instance } from '../instance.entity.ts';
import { lockInstance } from '../require-instance.ts';

/**
 * Says whether an instance has a volume, on behalf of the operation that makes or removes it.
 * @throws Problem 'operation.superseded' when a newer operation owns the instance
 */
export async function recordVolume(
  tx: Transaction,
  { instanceId, operationId }: { instanceId: string; operationId: string },
  volume: Instance['volume'],
): Promise<void> {
  const instance = await lockInstance(tx, instanceId);
  if (!(await isStillActive(tx, operationId))) throw new Problem('operation.superseded');
  instance.volume = volume;
}
