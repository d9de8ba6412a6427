import { platformScope } from '../../server/persistence/database.ts';
import { openRolloutPhases } from '../../workflows/contracts/phases.ts';
import type { MaintenanceResult } from '../../workflows/contracts/maintenance.ts';
import type { Deps } from '../deps.ts';

/** A rollout looks at its deadline by itself; one that was not woken for it, for whatever reason, is woken here. */
export async function wakeOverdueRollouts({ db }: Deps): Promise<MaintenanceResult> {
  const woken = await db.transaction(platformScope(), async (tx) => {
    const overdue = await tx.query<{ id: string }>(
      `select id from rollouts where phase = any (array[?]::text[]) and deadline_at < now()
         and coalesce(pause_reason, '') <> 'deadline'`,
      [[...openRolloutPhases]],
    );
    for (const { id } of overdue) tx.wakeRollout(id);
    return overdue.length;
  });
  return { woken };
}
