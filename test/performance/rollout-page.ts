import { bringUp } from '../platform/bring-up.ts';
import { startBrowser } from '../platform/browser.ts';
import { builtPortal } from '../platform/web.ts';
import { buildUser } from '../factories/people.ts';
import { startApi } from '../factories/start-api.ts';
import { quantile, type Figure } from './figures.ts';
import { costOfUpdates, longestTask } from './page-cost.ts';
import { cellsRead, everyChange, fillPageRollout, moveNext } from './rollout-scene.ts';
import type { BenchOptions } from './run.ts';

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
