import type { Transaction } from '../../persistence/transaction.ts';

/**
 * Removes the records of instances that are deleted and have no volume left, with all that was written of them: revisions,
 * operations, their places in rollouts.
 * Called when the project or cluster that they were in goes, or the cluster is given to another tenant; events and audit entries keep what happened.
 */
export async function forgetInstances(
  tx: Transaction,
  where: { projectId: string } | { clusterId: string; exceptTenantId?: string },
): Promise<void> {
  const [column, id, except = null] =
    'projectId' in where ? ['project_id', where.projectId] : ['cluster_id', where.clusterId, where.exceptTenantId];
  const forgotten = `select id from instances
    where ?? = ? and tenant_id is distinct from ?::uuid and phase = 'Deleted' and volume <> 'present'`;
  for (const table of ['rollout_targets', 'backups', 'operations', 'revisions', 'quota_reservations']) {
    await tx.query(`delete from ?? where instance_id in (${forgotten})`, [table, column, id, except]);
  }
  await tx.query(`delete from instances where id in (${forgotten})`, [column, id, except]);
}
