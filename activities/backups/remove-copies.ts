import { Backup } from '../../server/backups/backup.entity.ts';
import type { InstanceStep } from '../instances/target.ts';

/** A purge leaves nothing of an agent's state anywhere; the rows go on telling that there were copies. */
export async function removeCopies({ deps, fence, input, signal, transaction }: InstanceStep): Promise<void> {
  const { instanceId, tenantId } = input;
  const store = deps.storage.of(tenantId);
  const copies = await transaction(({ em }) => em.find(Backup, { instanceId, phase: { $ne: 'Expired' } }));
  for (const { id, objectKey } of copies) {
    fence.assertValid();
    await store.remove(objectKey, signal);
    await transaction(async ({ em }) => em.assign(await em.findOneOrFail(Backup, { id }), { phase: 'Expired' }));
  }
}
