import { RightsLost } from '../../server/rollouts/engine/rights-now.ts';
import { pauseForLostRights } from '../../server/rollouts/engine/pause-for-lost-rights.ts';
import type { Picked } from '../../server/rollouts/engine/pick-targets.ts';
import { leaveRolledOut, rollBackTarget } from '../../server/rollouts/engine/roll-back-target.ts';
import { leaveTarget, startTarget } from '../../server/rollouts/engine/start-target.ts';
import type { Rollout } from '../../server/rollouts/rollout.entity.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import { failureOf } from '../steps/failure.ts';
import type { Look } from './look.ts';

/** Each takes a connection of the pool, which the waits of the operations need as well. */
const atOnce = 10;
/** One target that nobody can explain must not hold up all others. */
const faultsAtMost = 5;

interface Way {
  begin: typeof startTarget;
  leave: typeof leaveTarget;
}

/** Starts operations. @returns those that have to wait for something else */
export const startTargets = (look: Look, rollout: Rollout, targets: readonly Picked[]): Promise<string[]> =>
  workOn(look, rollout, targets, { begin: startTarget, leave: leaveTarget });

/** Takes back what was done. */
export const rollBackTargets = (look: Look, rollout: Rollout, targets: readonly Picked[]): Promise<string[]> =>
  workOn(look, rollout, targets, { begin: rollBackTarget, leave: leaveRolledOut });

async function workOn(look: Look, rollout: Rollout, targets: readonly Picked[], way: Way): Promise<string[]> {
  const queue = targets.map(({ instanceId }) => instanceId);
  const kept: string[] = [];
  const work = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined && !look.signal.aborted; id = queue.shift()) {
      if (!(await beginOne(look, rollout, id, way))) kept.push(id);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, work));
  return kept;
}

/** @returns false where the target is to be tried again a little later */
async function beginOne(look: Look, rollout: Rollout, instanceId: string, { begin, leave }: Way): Promise<boolean> {
  const attempt = (work: (tx: Transaction) => Promise<boolean>) => look.transaction(work);
  try {
    await attempt((tx) => begin(tx, look.rights, rollout, instanceId));
    return true;
  } catch (thrown) {
    if (thrown instanceof RightsLost) {
      await look.transaction((tx) => pauseForLostRights(tx, rollout.id, thrown.message));
      return true;
    }
    const { error } = failureOf(thrown, 1);
    // Of the surroundings: the rows are as they were, and the next look goes on from them.
    if (error.code === 'server.unavailable') throw thrown;
    const faults = (look.faults.get(instanceId) ?? 0) + 1;
    look.faults.set(instanceId, faults);
    const unforeseen = error.code === 'server.error';
    if (unforeseen) look.log.error({ rolloutId: rollout.id, instanceId, err: thrown, faults }, 'a target fails');
    else look.log.info({ rolloutId: rollout.id, instanceId, ...error }, 'a target was not begun');
    if (unforeseen && faults < faultsAtMost) return false;
    return attempt((tx) => leave(tx, rollout, instanceId, error));
  }
}
