import { Backup } from '../../server/backups/backup.entity.ts';
import { latestBackupFor } from '../../server/backups/latest-backup.ts';
import { OperationStep } from '../../server/operations/operation-step.entity.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { awaitNoProcess } from '../instances/await-stopped.ts';
import { specOf, targetOf, wantedOf, type InstanceStep, type Target } from '../instances/target.ts';
import { copyBeforeSwap, ownBackup } from './backup-row.ts';
import { copyState } from './backup-state.ts';

/** The copy that goes with the revision that an operation goes back to. @throws Problem 'backup.unknown' */
export async function chosenBackup(step: InstanceStep): Promise<Backup> {
  const { operation, input } = step;
  const { backupId } = operation.input;
  const backup = await step.transaction((tx) =>
    backupId
      ? tx.em.findOne(Backup, { id: backupId, instanceId: input.instanceId, phase: 'Verified' })
      : latestBackupFor(tx, input.instanceId, operation.revision ?? 0),
  );
  if (!backup) throw new Problem('backup.unknown', 'There is no verified copy of the state of that version.');
  return backup;
}

export async function restoreState(step: InstanceStep): Promise<void> {
  await putBack(step, await targetOf(step), await chosenBackup(step));
}

/**
 * Undo of a swap. The newer state is copied before it goes where the newer version had become ready and may hold
 * something; without that nothing was done with it.
 */
export async function restoreVersion(step: InstanceStep): Promise<void> {
  const { deps, fence, operation, signal } = step;
  const target = await targetOf(step);
  const { ref, runtime } = target;
  const backup = await ownBackup(step, copyBeforeSwap(step).reason);
  if (backup?.phase !== 'Verified') throw new Problem('backup.unknown', 'The copy of the state is not there.');
  await runtime.power(ref, 'off', fence, signal);
  await awaitNoProcess(step, target);
  if (operation.kind === 'instance.upgrade' && operation.revision && (await becameReady(step))) {
    await copyState(step, { reason: 'rollback', revision: operation.revision });
  }
  await putBack(step, target, backup);
  const previous = await wantedOf(step, operation.previousRevision);
  await runtime.ensureInstance(ref, await specOf(deps, target, previous), fence, signal);
}

async function becameReady({ input, transaction }: InstanceStep): Promise<boolean> {
  const { operationId } = input;
  const step = await transaction(({ em }) => em.findOne(OperationStep, { operationId, name: 'awaitReady' }));
  return step?.state === 'Succeeded';
}

async function putBack(step: InstanceStep, target: Target, backup: Backup): Promise<void> {
  const { deps, fence, input, signal } = step;
  const { adapter, ref, runtime } = target;
  const { workload } = await wantedOf(step, backup.revision);
  const content = await deps.storage.of(input.tenantId).get(backup.objectKey, signal);
  const archive = { content, sha256: backup.sha256 ?? '' };
  try {
    await runtime.writeState(ref, adapter.stateTool(workload.agentVersion.image), archive, fence, signal);
  } finally {
    content.destroy();
  }
}
