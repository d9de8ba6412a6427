import { Backup } from '../../server/backups/backup.entity.ts';
import { discardCopy, keepCopy } from '../../server/backups/commands/keep-copy.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { isOver, look } from '../instances/look.ts';
import { targetOf, wantedOf, type InstanceStep } from '../instances/target.ts';
import { copyBeforeSwap, ensureBackupRow, type CopyReason } from './backup-row.ts';
import { verifyCopy } from './state-copy.ts';

/** @throws Problem 'backup.failed', 'storage.full', 'storage.refused', 'storage.unavailable' for as long as patience lasts */
export async function backupState(step: InstanceStep): Promise<void> {
  try {
    await copyState(step, copyBeforeSwap(step));
  } catch (error) {
    // The agent stands still meanwhile: better the old version than a long absence.
    if (error instanceof Problem && error.code === 'storage.unavailable' && isOver(step, step.deps.restPatienceMs)) {
      throw new Problem('backup.failed', error.detail, { cause: error });
    }
    throw error;
  }
}

/** Copies the state of a stopped agent, reads the copy back, and only then calls it verified. A repeat goes on. */
export async function copyState(step: InstanceStep, copy: { reason: CopyReason; revision: number }): Promise<void> {
  const { deps, input, signal } = step;
  const store = deps.storage.of(input.tenantId);
  const row = await ensureBackupRow(step, copy);
  if (row.phase === 'Verified') return;
  const target = await targetOf(step);
  const { adapter, ref, runtime } = target;
  if ((await look(step, target)).processPresent) {
    throw new Problem('instance.state-conflict', 'The state is copied only while no process is there.');
  }
  const { workload } = await wantedOf(step, copy.revision);
  try {
    const state = await runtime.readState(ref, adapter.stateTool(workload.agentVersion.image), signal);
    const { sizeBytes, sha256 } = await store.put(row.objectKey, state, signal);
    await verifyCopy(store, row.objectKey, sha256, signal);
    await step.transaction(async (tx) => {
      step.fence.assertValid();
      const verified = await tx.em.findOneOrFail(Backup, { id: row.id });
      tx.em.assign(verified, { sizeBytes, sha256 });
      await keepCopy(tx, verified);
    });
  } catch (error) {
    if (error instanceof Problem) {
      await step.transaction(async ({ em }) => {
        step.fence.assertValid();
        discardCopy(await em.findOneOrFail(Backup, { id: row.id }), {
          code: error.code,
          detail: error.detail ?? error.title,
        });
      });
    }
    throw error;
  }
}
