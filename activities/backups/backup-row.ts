import { v7 as uuidv7 } from 'uuid';
import { Backup } from '../../server/backups/backup.entity.ts';
import { unverifiedExpiry } from '../../server/backups/copy-retention.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';
import type { InstanceStep } from '../instances/target.ts';
import { backupKeyOf } from '../storage/object-store.ts';

export type CopyReason = Backup['reason'];

/** Why the present state is copied, and of which revision it is. */
export const copyBeforeSwap = ({ operation }: InstanceStep): { reason: CopyReason; revision: number } => ({
  reason: operation.kind === 'instance.rollback' ? 'rollback' : 'upgrade',
  revision: operation.previousRevision ?? operation.revision ?? 1,
});

export const ownBackup = (step: InstanceStep, reason: CopyReason): Promise<Backup | null> =>
  step.transaction(({ em }) => em.findOne(Backup, { operationId: step.input.operationId, reason }));

/** The operation's row for one copy, made at the first asking; a repeat of the step finds it again. */
export async function ensureBackupRow(
  step: InstanceStep,
  { reason, revision }: { reason: CopyReason; revision: number },
): Promise<Backup> {
  const { deps, input } = step;
  const { tenantId, instanceId, operationId } = input;
  return step.transaction(async ({ em }) => {
    const known = await em.findOne(Backup, { operationId, reason });
    if (known) return known;
    const { agentVersionId } = await em.findOneOrFail(Revision, { tenantId, instanceId, number: revision });
    const id = uuidv7();
    return em.create(Backup, {
      tenantId,
      id,
      instanceId,
      reason,
      phase: 'Writing',
      revision,
      agentVersionId,
      bucket: deps.storage.bucket,
      objectKey: backupKeyOf({ tenantId, instanceId, id }),
      operationId,
      createdAt: new Date(),
      expiresAt: unverifiedExpiry(),
    });
  });
}
