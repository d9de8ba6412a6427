import { setTimeout as sleep } from 'node:timers/promises';
import type { Backup } from '../../server/backups/backup.entity.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { chosenBackup } from '../backups/restore-state.ts';
import { isOver } from './look.ts';
import { presentAgent } from './suspend.ts';
import { targetOf, type InstanceStep } from './target.ts';

const pollMs = 500;
const answersWithinMs = 30_000;

/**
 * Whether the instance has done anything since the copy that it is to go back to. What cannot be found out counts as
 * yes, but for a version that was never proven live: nobody was told that it was there.
 * @throws Problem 'backup.unknown', 'backup.state-diverged'
 */
export async function checkDivergence(step: InstanceStep): Promise<void> {
  const backup = await chosenBackup(step);
  if (step.operation.input.discardNewState) return;
  const target = await targetOf(step);
  if (target.instance.liveRevision === backup.revision) return;
  const agent = await presentAgent(step, target);
  if (!agent) throw diverged(backup, 'it does not run, so that it cannot be asked');
  if (!backup.workMark) throw diverged(backup, 'it could not be asked when the copy was made');
  for (;;) {
    const mark = await target.adapter.workMark(agent, step.signal).catch((error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'agent.unreachable') throw error;
      if (isOver(step, answersWithinMs)) throw diverged(backup, error.detail ?? 'it does not answer');
      return null;
    });
    if (mark === backup.workMark) return;
    if (mark !== null) throw diverged(backup, 'its conversations are not what they were');
    await sleep(pollMs, undefined, { signal: step.signal });
  }
}

const diverged = ({ createdAt }: Backup, why: string): Problem =>
  new Problem(
    'backup.state-diverged',
    `The copy is of ${createdAt.toISOString()}; since then the agent was live, and ${why}.`,
  );
