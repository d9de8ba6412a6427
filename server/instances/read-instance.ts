import type { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { instanceColumns, instanceJoins, type InstanceRow } from './instance-row.ts';

/** @throws Problem 'instance.unknown', also for one of another tenant */
export async function readInstance(
  tx: Transaction,
  id: string,
): Promise<InstanceRow & { configuration: UnifiedConfiguration }> {
  const [row] = await tx.query<InstanceRow & { configuration: UnifiedConfiguration }>(
    `select ${instanceColumns}, r.configuration from instances i ${instanceJoins} where i.id = ?`,
    [id],
  );
  if (!row) throw new Problem('instance.unknown');
  return row;
}
