import { Problem } from '../../workflows/contracts/problem.ts';
import { AgentVersion } from '../agents/agent-version.entity.ts';
import { diffDocuments } from '../configs/diff-documents.ts';
import type { ConfigDiff } from '../configs/config.schema.ts';
import type { Instance } from '../instances/instance.entity.ts';
import { presentResources } from '../instances/quantities.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Revision } from './revision.entity.ts';

/**
 * All that makes a revision, of two of them: the version of the agent, its resources, the template that it is bound to,
 * and the configuration in effect, which names secrets and holds none. @throws Problem 'instance.revision-unknown'
 */
export async function diffRevisions(
  tx: Transaction,
  instance: Instance,
  { from, to }: { from: number; to: number },
): Promise<ConfigDiff> {
  const before = await documentOf(tx, instance, from);
  const after = await documentOf(tx, instance, to);
  return { from: before, to: after, changes: diffDocuments(before, after) };
}

async function documentOf(
  tx: Transaction,
  { tenantId, id: instanceId }: Instance,
  number: number,
): Promise<Record<string, unknown>> {
  const revision = await tx.em.findOne(Revision, { tenantId, instanceId, number });
  if (!revision) throw new Problem('instance.revision-unknown', `It has no revision ${number}.`);
  const { version } = await tx.em.findOneOrFail(AgentVersion, { id: revision.agentVersionId });
  return {
    agentVersion: version,
    resources: presentResources(revision.resources),
    templateId: revision.templateId ?? null,
    templateVersion: revision.templateVersion ?? null,
    configuration: revision.configuration,
  };
}
