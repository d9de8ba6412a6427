import type { Transaction } from '../persistence/transaction.ts';

/** An agent that is up, with all that is needed to ask it. */
export interface CountingAgent {
  tenantId: string;
  projectId: string;
  instanceId: string;
  name: string;
  agentKind: string;
  /** Its gateway token. */
  sealed: Buffer;
}

/** In an order of no meaning that stays the same, so that each is asked at about the same moment of every interval. */
export const countingAgents = (tx: Transaction, clusterId: string): Promise<CountingAgent[]> =>
  tx.query(
    `select i.tenant_id as "tenantId", i.project_id as "projectId", i.id as "instanceId", i.name,
       i.agent_kind as "agentKind", k.sealed
     from observed_states o
     join instances i on i.tenant_id = o.tenant_id and i.id = o.instance_id
     join instance_credentials k on k.tenant_id = i.tenant_id and k.instance_id = i.id
     where o.cluster_id = ? and o.ready and not o.terminating
     order by hashtext(i.id::text), i.id`,
    [clusterId],
  );
