import { TargetPhase } from '../../workflows/contracts/phases.ts';
import { fillRollout, moveTargets, type FilledRollout } from '../factories/rollouts.ts';
import type { TestApi } from '../factories/start-api.ts';
import { fillInstances } from './fill-instances.ts';

const pageTargets = 1_000;
/** A thousand a minute. */
const changesPerSecond = 17;
/** The request by which the page reads its targets. */
export const cellsRead = /\/rollouts\/[^/]+\/cells/;

/** A rollout over a thousand instances, in three waves, of which nothing has begun. */
export async function fillPageRollout(api: TestApi): Promise<FilledRollout> {
  const { tenantId } = await fillInstances(api.database.ownerUrl, { instances: pageTargets });
  return fillRollout(api.database.ownerUrl, { tenantId, name: 'A thousand', waves: [1, 99, 900], currentWave: 3 });
}

/** The n-th few targets move on, once to being updated and once to updated. */
export function moveNext(api: TestApi, rollout: FilledRollout, n: number, targets = changesPerSecond): Promise<void> {
  const from = (Math.floor(n / 2) * targets) % pageTargets;
  const phase = n % 2 === 0 ? TargetPhase.Updating : TargetPhase.Updated;
  return moveTargets(api.db, rollout, rollout.instanceIds.slice(from, from + targets), phase);
}

/** One target after the other, evenly. */
export async function everyChange(api: TestApi, rollout: FilledRollout, seconds: number): Promise<void> {
  const changes = changesPerSecond * seconds;
  const startMs = performance.now();
  for (let n = 0; n < changes; n += 1) {
    await moveNext(api, rollout, n, 1);
    const aheadMs = ((n + 1) * 1_000) / changesPerSecond - (performance.now() - startMs);
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
  }
}
