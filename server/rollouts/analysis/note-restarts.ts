import type { Transaction } from '../../persistence/transaction.ts';

/**
 * Notes how often the process of each target that has not begun was restarted so far; called when a wave begins, so
 * that its targets and those that wait are counted from the same moment. One statement for all of them.
 */
export async function noteRestarts(tx: Transaction, rolloutId: string): Promise<void> {
  await tx.query(
    `update rollout_targets t set restarts_before = o.restarts, process_before = o.process_id
     from observed_states o
     where t.rollout_id = ? and t.phase in ('Pending', 'Waiting')
       and o.tenant_id = t.tenant_id and o.instance_id = t.instance_id`,
    [rolloutId],
  );
}
