import { Problem } from '../../workflows/contracts/problem.ts';
import { holdInstance } from '../instances/commands/hold-instance.ts';
import { platformScope } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Watching } from './watching.ts';

const lastLines = 50;

interface Candidate {
  instanceId: string;
  tenantId: string;
  projectId: string;
  name: string;
  agentKind: string;
  exitCode: number;
  message: string | null;
}

/**
 * An agent that ended itself over its configuration would be started again for ever: it is parked, with its own last
 * words as the reason. While an operation has it in hand, that operation decides.
 */
export async function holdMisconfigured(watching: Watching, clusterId: string): Promise<void> {
  const { db, log, lease } = watching;
  const found = await db.transaction(platformScope(), (tx) => findCandidates(tx, clusterId));
  for (const candidate of found) {
    try {
      await hold(watching, candidate);
    } catch (error) {
      lease.assertValid();
      if (error instanceof Problem && error.code === 'instance.busy') continue;
      log.warn({ instanceId: candidate.instanceId, err: error }, 'a misconfigured agent is not parked yet');
    }
  }
}

async function hold({ db, runtime, lease, adapterOf }: Watching, candidate: Candidate): Promise<void> {
  const { instanceId, tenantId, projectId, name, agentKind, exitCode, message } = candidate;
  const adapter = adapterOf(agentKind);
  const lines = await runtime.tailLogs({ tenantId, projectId, instanceId, name }, lastLines, lease.signal);
  const { meaning, detail } = adapter.classifyExit(exitCode, lines);
  if (meaning !== 'misconfigured') return;
  await db.transaction(platformScope(), async (tx) => {
    await lease.assertHeld(tx);
    await holdInstance(tx, instanceId, {
      code: 'agent.misconfigured',
      detail: detail ?? message ?? `exit code ${exitCode}`,
    });
  });
}

/** By phase, which is worked out from exit code and readiness; with a process still there, so not parked yet. */
const findCandidates = (tx: Transaction, clusterId: string): Promise<Candidate[]> =>
  tx.query(
    `select i.id as "instanceId", i.tenant_id as "tenantId", i.project_id as "projectId", i.name,
       i.agent_kind as "agentKind", o.exit_code as "exitCode", o.message
     from observed_states o join instances i on i.tenant_id = o.tenant_id and i.id = o.instance_id
     where o.cluster_id = ? and i.phase = 'Misconfigured' and i.power = 'on'
       and o.process_present and not o.terminating and not o.ready and o.exit_code is not null
       and not exists (select from operations p where p.tenant_id = i.tenant_id and p.instance_id = i.id
         and p.phase in ('Accepted', 'Running', 'Compensating'))
     limit 100`,
    [clusterId],
  );
