import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { Transaction } from '../../persistence/transaction.ts';

/** One configuration that a rollout brings to a version of an agent, and one of the instances that get it. */
export interface Brought {
  agentVersionId: string;
  configurationHash: string;
  instanceId: string;
  instanceName: string;
  clusterId: string;
  agentKind: string;
  revision: number;
  /** Targets that get the same. */
  targets: number;
  /** What the agent version's own program said of it; null where it was not asked yet. */
  faults: Fault[] | null;
}

/** Each once, in the order of the rollout: a thousand alike instances are one question. */
export const configurationsOf = (tx: Transaction, rolloutId: string): Promise<Brought[]> =>
  tx.query(
    `select distinct on (b.first, b.agent_version_id, b.configuration_hash)
       b.agent_version_id as "agentVersionId", b.configuration_hash as "configurationHash",
       b.instance_id as "instanceId", b.name as "instanceName", b.cluster_id as "clusterId",
       b.agent_kind as "agentKind", b.to_revision as revision, b.targets::int as targets, c.faults
     from (
       select t.tenant_id, t.instance_id, t.to_revision, t.position, v.agent_version_id, v.configuration_hash,
         i.name, i.cluster_id, i.agent_kind,
         count(*) over same as targets, min(t.position) over same as first
       from rollout_targets t
       join revisions v on v.tenant_id = t.tenant_id and v.instance_id = t.instance_id and v.number = t.to_revision
       join instances i on i.tenant_id = t.tenant_id and i.id = t.instance_id
       where t.rollout_id = ? and t.phase in ('Pending', 'Waiting')
       window same as (partition by v.agent_version_id, v.configuration_hash)
     ) b
     left join configuration_checks c on c.tenant_id = b.tenant_id
       and c.agent_version_id = b.agent_version_id and c.configuration_hash = b.configuration_hash
     order by b.first, b.agent_version_id, b.configuration_hash, b.position`,
    [rolloutId],
  );
