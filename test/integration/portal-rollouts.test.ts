import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PauseReason, RolloutPhase, TargetPhase } from '../../workflows/contracts/phases.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildUser, signIn } from '../factories/people.ts';
import { fillRollout, moveTargets, type FilledRollout } from '../factories/rollouts.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { costOfUpdates, longestTask } from '../performance/page-cost.ts';
import { cellsRead, everyChange, fillPageRollout, moveNext } from '../performance/rollout-scene.ts';
import { hasBrowser, startBrowser } from '../platform/browser.ts';
import { builtPortal } from '../platform/web.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures of what the test sees are put; nowhere when left out. */
const picturesTo = process.env.TEST_PICTURES;
const widths = [360, 820, 1920];

describe.runIf(hasBrowser)('rollouts in Chromium', { timeout: 180_000 }, () => {
  let api: TestApi;
  let context: BrowserContext;
  let page: Page;
  let client: ApiClient;
  let thousand: FilledRollout;

  beforeAll(async () => {
    api = await startApi({ webRoot: builtPortal() });
    thousand = await fillPageRollout(api);
    const person = await buildUser(api.db, { role: 'platform-administrator' });
    client = await signIn(api.anyone, person);
    context = await startBrowser();
    page = context.pages()[0] ?? (await context.newPage());
    await page.goto(api.url);
    await page.getByLabel('User name').fill(person.name);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
  }, 180_000);
  afterAll(async () => {
    await context?.close();
    await api?.close();
  });

  const goTo = (path: string): Promise<unknown> => page.goto(`${api.url}/t/${thousand.tenantId}/p/all/${path}`);
  const openRollout = async ({ id }: FilledRollout): Promise<void> => {
    await goTo(`rollouts/${id}`);
    await page.locator('[data-wave="1"] canvas').waitFor();
  };

  /** What axe finds, colours and contrast included, and whether anything stands out of the page sideways. */
  async function faultsOfPage(name: string): Promise<string[]> {
    const found: string[] = [];
    for (const theme of ['light', 'dark'] as const) {
      await page.evaluate(`document.documentElement.classList.toggle('dark', ${theme === 'dark'})`);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        if (picturesTo) await page.screenshot({ path: join(picturesTo, `${name}-${theme}-${width}.png`) });
        const sideways = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
        if (sideways > 0) found.push(`${theme} ${width}: ${sideways} px stand out`);
        await page.evaluate(axeSource);
        const { violations } = await page.evaluate<AxeResults>(
          `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`,
        );
        found.push(...violations.map(({ id, nodes }) => `${theme} ${width} ${id}: ${nodes[0]?.html}`));
      }
    }
    await page.evaluate(`document.documentElement.classList.remove('dark')`);
    await page.setViewportSize({ width: 1440, height: 900 });
    return found;
  }

  it('says what a rollout of many touches, and begins it from the list of instances', async () => {
    await goTo('instances');
    await page.getByLabel('Choose all on this page').check();
    await page.getByRole('button', { name: 'Choose all 1,000 that match' }).click();
    const bar = page.getByRole('region', { name: 'What to do with the chosen instances' });
    await bar.getByText('1,000 chosen').waitFor();
    expect(await faultsOfPage('bulk')).toEqual([]);
    await bar.getByRole('button', { name: 'Restart', exact: true }).click();
    const sheet = page.getByRole('dialog', { name: 'Restart 1,000 instances' });
    await sheet.getByText('1,000 processes end and begin').waitFor();
    await sheet.getByRole('link', { name: 'A thousand has 1,000 of them' }).waitFor();
    expect(await faultsOfPage('new-rollout')).toEqual([]);
    // What is chosen lies over the field itself.
    await sheet.getByLabel('Where another rollout has an instance').click({ force: true });
    await page.getByRole('option', { name: 'wait in line' }).click();
    await sheet.getByRole('button', { name: 'Restart 1,000' }).click();
    await page.getByRole('heading', { name: 'Restart 1,000 instances', level: 1 }).waitFor();
    const id = page.url().split('/').at(-1);
    const { body } = await client.get(`/rollouts/${id}`);
    expect(body).toMatchObject({ kind: 'restart', total: 1_000, waveCount: 1 });
    await client.post(`/rollouts/${id}/abort`, {});
  });

  it('pauses, resumes and aborts, each with what it touches, and keeps the reason in the timeline', async () => {
    const rollout = await fillRollout(api.database.ownerUrl, {
      tenantId: thousand.tenantId,
      name: 'Three dozen',
      waves: [1, 35],
      targetPhases: [TargetPhase.Updated],
      currentWave: 2,
    });
    await openRollout(rollout);
    const header = page.getByRole('main').locator('header').first();
    const act = async (verb: string, reason: string): Promise<void> => {
      await header.getByRole('button', { name: verb }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Reason').fill(reason);
      await dialog.getByRole('button', { name: verb }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await act('Pause', 'lunch first');
    await page.locator('header [data-phase="Paused"]').waitFor();
    await page.locator('[data-decision="paused"]').getByText('lunch first').waitFor();
    await act('Resume', 'well fed');
    await page.locator('header [data-phase="Progressing"]').waitFor();
    await act('Abort', 'wrong fleet');
    await page.locator('[data-decision="aborted"]').getByText('wrong fleet').waitFor();
    expect(
      (await client.get(`/rollouts/${rollout.id}`)).body.decisions.map(({ kind }: { kind: string }) => kind),
    ).toEqual(expect.arrayContaining(['paused', 'resumed', 'aborted']));
  });

  it('shows a failed judgement with its measures, and goes past it only with force and a reason', async () => {
    const rollout = await fillRollout(api.database.ownerUrl, {
      tenantId: thousand.tenantId,
      name: 'Judged',
      waves: [5, 45],
      phase: RolloutPhase.Paused,
      pauseReason: PauseReason.AnalysisFailed,
      targetPhases: [TargetPhase.Updated, TargetPhase.Updated, TargetPhase.Failed, TargetPhase.Skipped],
      analysis: {
        verdict: 'failed',
        at: new Date().toISOString(),
        rules: [
          {
            metric: 'error-rate',
            verdict: 'failed',
            value: 0.08,
            baseline: 0.01,
            sample: 340,
            limit: 0.05,
            detail: 'Above the limit.',
          },
        ],
      },
    });
    await openRollout(rollout);
    await page.getByRole('img', { name: 'Error rate of the agents: updated 8%' }).waitFor();
    expect(await faultsOfPage('judged')).toEqual([]);
    await page.getByRole('main').getByRole('button', { name: 'Promote' }).click();
    const dialog = page.getByRole('dialog');
    const promote = dialog.getByRole('button', { name: 'Promote' });
    expect(await promote.isDisabled()).toBe(true);
    await dialog.getByText('Go on although').click();
    await dialog.getByLabel('Reason').fill('a known flake');
    await promote.click();
    await page.locator('[data-decision="forced"], [data-decision="promoted"]').first().waitFor();
    expect((await client.get(`/rollouts/${rollout.id}`)).body.phase).toBe('Progressing');
  });

  it('names the cell that the keyboard or the pointer is on, and leads to its instance', async () => {
    const failed = thousand.instanceIds[2] ?? '';
    await moveTargets(api.db, thousand, [failed], TargetPhase.Failed);
    await openRollout(thousand);
    const list = page.locator('[data-wave="2"]').getByRole('listbox');
    await list.focus();
    await page.keyboard.press('ArrowRight');
    const active = list.getByRole('option', { name: /^Target 2: Failed, agent-/ });
    await active.waitFor();
    expect(await faultsOfPage('thousand')).toEqual([]);
    await list.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/instances/${failed}`);
  });

  it('filters the targets in the address, so that a link shows the same', async () => {
    await openRollout(thousand);
    await page.getByRole('combobox', { name: 'State' }).selectOption('Failed');
    await page.waitForURL(/phase=Failed/);
    await page.reload();
    await page.locator('tbody tr').first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
  });

  it('draws every update at a thousand targets, also while a thousand a minute come in, and tells what one costs', async () => {
    await openRollout(thousand);
    const change = (n: number) => moveNext(api, thousand, n);
    const costs = await costOfUpdates(page, { updates: 10, change, answers: cellsRead });
    const longestMs = await longestTask(page, () => everyChange(api, thousand, 5));
    process.stdout.write(
      `rollout page, 1,000 targets: ${costs.map((ms) => ms.toFixed(0)).join(' ')} ms an update, ` +
        `longest task ${longestMs.toFixed(0)} ms\n`,
    );
    // How long is the business of `npm run bench -- rollout-page`; here the machine may be busy with anything.
    expect(costs).toHaveLength(10);
  });
});
