import { rulesOf } from '../../../activities/adapters/registry.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { AgentVersion } from '../../agents/agent-version.entity.ts';
import { unfitDetail } from '../../agents/require-fit.ts';
import { canRun } from '../../clusters/runtime-kinds.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { planRevision } from '../../revisions/plan-revision.ts';
import { KnownSecrets } from '../../secrets/known-secrets.ts';
import { refuse, type Candidate, type Outcome } from './candidate.ts';
import { impactOf } from './impact.ts';

/**
 * The same configuration with another version of the agent, by the rules that this one has.
 * @throws Problem 'agent.version-unknown', 'agent.version-withdrawn'; the planner those of `planRevision`
 */
export async function planImages(
  tx: Transaction,
  tenantId: string,
  agentVersionId: string,
): Promise<(candidate: Candidate) => Promise<Outcome>> {
  const version = await tx.em.findOne(AgentVersion, { id: agentVersionId });
  if (!version) throw new Problem('agent.version-unknown', agentVersionId);
  if (version.status === 'withdrawn') {
    throw new Problem('agent.version-withdrawn', `${version.kind} ${version.version}`);
  }
  const rules = rulesOf(version.kind);
  const secrets = new KnownSecrets(tx);
  return async (candidate) => {
    const { present, projectId, agentKind, runtime } = candidate;
    if (agentKind !== version.kind) {
      return refuse('instance.state-conflict', `It is an agent of another kind: ${agentKind}.`);
    }
    if (present.agentVersionId === version.id) return { do: 'nothing' };
    if (!canRun(runtime, version)) return refuse('agent.version-unfit', unfitDetail(version, runtime));
    const place = { tenantId, projectId };
    const { configuration, resources } = present;
    const { configurationHash, secretNames } = await planRevision(tx, rules, place, configuration, resources, secrets);
    const revision = { ...present, agentVersionId: version.id, configurationHash, secretNames };
    return { do: 'change', impact: impactOf(candidate, revision), revision };
  };
}
