import type { Transaction } from '../../persistence/transaction.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import type { Instance } from '../instance.entity.ts';

/** Wants an earlier revision again; what it is bound to goes with it. */
export async function returnToRevision(tx: Transaction, instance: Instance, number: number): Promise<void> {
  const { tenantId, id: instanceId } = instance;
  const revision = await tx.em.findOneOrFail(Revision, { tenantId, instanceId, number });
  instance.revision = number;
  instance.templateId = revision.templateId ?? null;
  instance.templateVersion = revision.templateVersion ?? null;
}
