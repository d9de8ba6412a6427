import { TargetPhase } from '../../workflows/contracts/phases.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Rollout } from './rollout.entity.ts';
import type { RolloutCells } from './rollout-target.schema.ts';

const phases = Object.values(TargetPhase);

/** Every target of a rollout in order, put together by the database: one short row for each wave. */
export async function readCells(
  tx: Transaction,
  { tenantId, id }: Pick<Rollout, 'tenantId' | 'id'>,
): Promise<RolloutCells> {
  const waves = await tx.query<RolloutCells['waves'][number]>(
    `select wave as number, json_agg(instance_id order by position) as "instanceIds",
       json_agg(array_position(array[?]::text[], phase) - 1 order by position) as "phaseIndexes"
     from rollout_targets where tenant_id = ? and rollout_id = ? group by wave order by wave`,
    [phases, tenantId, id],
  );
  return { phases, waves };
}
