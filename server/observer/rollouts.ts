import { setTimeout as sleep } from 'node:timers/promises';
import { openRolloutPhases } from '../../workflows/contracts/phases.ts';
import type { Logger } from '../observability/logger.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import { Rollout } from '../rollouts/rollout.entity.ts';
import type { RolloutRuns } from '../temporal/rollout-runs.ts';
import type { Lease } from './lease.ts';

const lookEveryMs = 1_000;
/** Younger ones are being started by whoever booked them. */
const ageMs = 2_000;
const firstPauseMs = 2_000;
const longestPauseMs = 15_000;

interface Memory {
  nextMs: number;
  pauseMs: number;
}

export interface RolloutRunsKeeper {
  db: Database;
  log: Logger;
  runs: RolloutRuns;
}

/**
 * Sees to it that every open rollout has a run: one whose start was lost, and one whose run was ended from outside, get
 * another. Nothing is lost between two runs, as all that a rollout knows is in its rows. Works until the lease ends.
 */
export async function keepRolloutsRunning({ db, log, runs }: RolloutRunsKeeper, lease: Lease): Promise<void> {
  const remembered = new Map<string, Memory>();
  while (!lease.signal.aborted) {
    lease.assertValid();
    const open = await openRollouts(db);
    const ids = new Set(open.map(({ id }) => id));
    for (const id of remembered.keys()) if (!ids.has(id)) remembered.delete(id);
    for (const rollout of open) {
      if (lease.signal.aborted || !isDue(remembered, rollout.id)) continue;
      try {
        const state = await runs.state(rollout.id);
        if (state === 'running') continue;
        lease.assertValid();
        log.warn({ rolloutId: rollout.id, state }, 'an open rollout has no run; starting one');
        await runs.startAgain(rollout);
      } catch (error) {
        lease.assertValid();
        log.warn({ rolloutId: rollout.id, err: error }, 'a rollout is looked at again');
        break; // Temporal does not answer: the others would only wait for the same
      }
    }
    await sleep(lookEveryMs, undefined, { signal: lease.signal }).catch(() => undefined);
  }
}

const openRollouts = (db: Database): Promise<Rollout[]> =>
  db.transaction(platformScope(), ({ em }) =>
    em.find(Rollout, {
      phase: { $in: [...openRolloutPhases] },
      createdAt: { $lt: new Date(Date.now() - ageMs) },
    }),
  );

/** Asked less often the longer it has been fine; what is remembered only spaces the questions out. */
function isDue(remembered: Map<string, Memory>, id: string): boolean {
  const memory = remembered.get(id) ?? { nextMs: 0, pauseMs: firstPauseMs };
  if (Date.now() < memory.nextMs) return false;
  remembered.set(id, {
    nextMs: Date.now() + memory.pauseMs,
    pauseMs: Math.min(memory.pauseMs * 2, longestPauseMs),
  });
  return true;
}
