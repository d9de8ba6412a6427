import type { Transaction } from '../persistence/transaction.ts';
import { Revision } from '../revisions/revision.entity.ts';
import type { Instance } from './instance.entity.ts';

/**
 * What a failed change goes back to: the revision that was proven live last, unless another version of the agent was
 * tried since. The state may be that one's by now, and an older version could not read it.
 */
export async function previousRevisionOf(tx: Transaction, instance: Instance): Promise<number> {
  const { tenantId, id: instanceId, liveRevision, revision } = instance;
  if (!liveRevision || liveRevision === revision) return revision;
  const both = await tx.em.find(Revision, { tenantId, instanceId, number: { $in: [liveRevision, revision] } });
  return new Set(both.map(({ agentVersionId }) => agentVersionId)).size === 1 ? liveRevision : revision;
}
