import { TargetPhase } from '../../workflows/contracts/phases.ts';
import { bringUp } from '../platform/bring-up.ts';
import { startBrowser } from '../platform/browser.ts';
import { builtPortal } from '../platform/web.ts';
import { buildUser } from '../factories/people.ts';
import { fillRollout, moveTargets, type FilledRollout } from '../factories/rollouts.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { quantile, type Figure } from './figures.ts';
import { fillInstances } from './fill-instances.ts';
import { costOfUpdates, longestTask } from './page-cost.ts';
import type { BenchOptions } from './run.ts';

export const pageTargets = 1_000;
/** A thousand a minute. */
export const changesPerSecond = 17;
const cellsRead = /\/rollouts\/[^/]+\/cells/;

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

/** The rollout page at a thousand targets in Chromium, on the real api: what an update costs its main thread. */
export async function benchRolloutPage({ pairs, report, keep, directory }: BenchOptions): Promise<Figure[]> {
  report('starting PostgreSQL, the portal and Chromium');
  const needs = { postgres: true, temporal: false, objectStorage: false, web: true, browser: true, kubernetes: false };
  const platform = keep(await bringUp(needs, directory, report, new AbortController().signal));
  Object.assign(process.env, platform.variables);
  const api = await startApi({ webRoot: builtPortal() });
  keep({ stop: () => api.close() });
  const rollout = await fillPageRollout(api);
  const person = await buildUser(api.db, { role: 'platform-administrator' });
  const context = await startBrowser();
  keep({ stop: () => context.close() });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${api.url}/t/${rollout.tenantId}/p/all/rollouts/${rollout.id}`);
  await page.locator('input[name="username"]').fill(person.name);
  await page.locator('input[name="password"]').fill(person.password);
  await page.locator('form').press('Enter');
  await page.locator('[data-wave="3"] canvas').waitFor();

  report('updates one after the other');
  const change = (n: number) => moveNext(api, rollout, n);
  const costs = await costOfUpdates(page, { updates: Math.max(10, pairs * 2), change, answers: cellsRead });
  report('a thousand changes a minute');
  const longestMs = await longestTask(page, () => everyChange(api, rollout, 20));
  return [
    { name: 'rollout-page-update-median', value: quantile(costs, 0.5), unit: 'ms', target: { atMost: 100 } },
    { name: 'rollout-page-update-highest', value: quantile(costs, 1), unit: 'ms', target: { atMost: 100 } },
    { name: 'rollout-page-longest-task', value: longestMs, unit: 'ms', target: { atMost: 100 } },
  ];
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
