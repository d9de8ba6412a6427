import type { RolloutPhase, TargetPhase } from '../../../workflows/contracts/phases.ts';
import { Instance } from '../../instances/instance.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';

export interface LockedTarget {
  instance: Instance;
  fromRevision: number;
  toRevision: number;
  attempts: number;
  /** The cluster answers, as far as is known. */
  clusterReady: boolean;
  /** Name of an older open rollout that has this instance. */
  heldBy: string | null;
  /** Its present revision was brought by an older rollout that this one has waited for. */
  waitedFor: boolean;
}

interface Place {
  tenantId: string;
  rolloutId: string;
  instanceId: string;
}

/**
 * Locks a target and its instance, and the rollout against any change of its mind: null where the rollout is no longer
 * in that phase, or the target in none of those, or more are under way than the wave allows. So a pause or an abort that
 * was committed before starts nothing any more.
 */
export async function lockTarget(
  tx: Transaction,
  { tenantId, rolloutId, instanceId }: Place,
  { rollout, target }: { rollout: RolloutPhase; target: readonly TargetPhase[] },
): Promise<LockedTarget | null> {
  const [row] = await tx.query<Omit<LockedTarget, 'instance'>>(
    `select t.from_revision as "fromRevision", t.to_revision as "toRevision", t.attempts,
       (select c.phase from clusters c where c.id = i.cluster_id) = 'Ready' as "clusterReady",
       (select r2.name from rollout_targets t2
          join rollouts r2 on r2.tenant_id = t2.tenant_id and r2.id = t2.rollout_id
        where t2.instance_id = t.instance_id and t2.rollout_id <> t.rollout_id and t2.phase <> 'Skipped'
          and r2.phase in ('Pending', 'Progressing', 'Paused', 'RollingBack')
          and (r2.created_at, r2.id) < (r.created_at, r.id)
        order by r2.created_at limit 1) as "heldBy",
       exists (select from rollout_targets t2
          join rollouts r2 on r2.tenant_id = t2.tenant_id and r2.id = t2.rollout_id
        where t2.instance_id = t.instance_id and t2.rollout_id <> t.rollout_id and t2.to_revision = i.revision
          and (r2.created_at, r2.id) < (r.created_at, r.id) and r2.ended_at > r.created_at) as "waitedFor"
     from rollouts r
     join rollout_targets t on t.tenant_id = r.tenant_id and t.rollout_id = r.id
     join rollout_waves w on w.tenant_id = t.tenant_id and w.rollout_id = t.rollout_id and w.number = t.wave
     join instances i on i.tenant_id = t.tenant_id and i.id = t.instance_id
     where r.tenant_id = ? and r.id = ? and r.phase = ? and t.instance_id = ? and t.phase = any (?::text[])
       and w.concurrency > (select count(*) from rollout_targets u
         where u.rollout_id = r.id and u.phase in ('Updating', 'RollingBack'))
     for share of r for no key update of t for no key update of i`,
    [tenantId, rolloutId, rollout, instanceId, `{${target.join(',')}}`],
  );
  if (!row) return null;
  const instance = await tx.em.findOneOrFail(Instance, { tenantId, id: instanceId }, { refresh: true });
  return { instance, ...row };
}
