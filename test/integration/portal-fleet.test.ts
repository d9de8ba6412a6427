import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settleOperation } from '../../server/operations/commands/settle-operation.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildCluster } from '../factories/instances.ts';
import { buildUser, signIn } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildProject, buildTenant, type TestTenant } from '../factories/tenants.ts';
import { hasBrowser, startBrowser } from '../platform/browser.ts';
import { builtPortal } from '../platform/web.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const widths = [360, 820, 1920];
const atRest = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
  .map(({ finished }) => finished)).then(() => undefined)`;

describe.runIf(hasBrowser)('the fleet in Chromium', { timeout: 180_000 }, () => {
  let api: TestApi;
  let context: BrowserContext;
  let page: Page;
  let client: ApiClient;
  let tenant: TestTenant;
  let instanceId: string;

  beforeAll(async () => {
    api = await startApi({ webRoot: builtPortal() });
    tenant = await buildTenant(api.db, 'acme');
    const project = await buildProject(api.db, tenant, 'support');
    const { id: clusterId } = await buildCluster(api.db, 'local');
    const person = await buildUser(api.db, { role: 'platform-administrator' });
    client = await signIn(api.anyone, person);
    const version = { kind: 'openclaw', version: '2026.9.6', image: 'openclaw:test' };
    const agentVersionId = (await client.post('/agent-versions', version)).body.id;
    const order = { projectId: project.id, clusterId, agentVersionId, name: 'helpdesk' };
    const created = await client.post('/instances', order);
    instanceId = created.body.instanceId;
    await succeed(created.body.id);
    const etag = (await client.get(`/instances/${instanceId}`)).headers.get('ETag') ?? '';
    const change = { configuration: { logging: { level: 'debug' } } };
    await succeed((await client.put(`/instances/${instanceId}`, change, etag)).body.id);
    await client.post('/instances', { ...order, name: 'other' });
    await api.db.transaction(platformScope(), (tx) =>
      tx.query('update instances set rollbacks = 3 where id = ?', [instanceId]),
    );
    context = await startBrowser();
    page = context.pages()[0] ?? (await context.newPage());
    await page.goto(api.url);
    await page.getByLabel('User name').fill(person.name);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
  }, 180_000);
  afterAll(async () => {
    await context?.close();
    await api?.close();
  });

  const succeed = (operationId: string): Promise<unknown> =>
    api.db.transaction(platformScope(), (tx) =>
      settleOperation(tx, operationId, { phase: 'Succeeded', error: null, undone: false }),
    );
  const goTo = (path: string): Promise<unknown> => page.goto(`${api.url}/t/${tenant.id}/p/all/${path}`);
  const schedule = async (name: string) =>
    (await client.get('/maintenance-schedules')).body.items.find((one: { name: string }) => one.name === name);

  /** What axe finds, colours and contrast included, and whether anything stands out of the page sideways. */
  async function faultsOfPage(): Promise<string[]> {
    const found: string[] = [];
    for (const theme of ['light', 'dark'] as const) {
      await page.evaluate(`document.documentElement.classList.toggle('dark', ${theme === 'dark'})`);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        // What asks how wide the page is answers with the next frame.
        const sideways = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        await expect.poll(sideways, { timeout: 5_000 }).toBeLessThanOrEqual(0);
        // Colours on their way from one theme to the other are of neither.
        await page.evaluate(atRest);
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

  /** What can be used on the page, and what of it Tab leads to, in its order. */
  async function byKeyboard(): Promise<{ usable: string[]; reached: string[] }> {
    const usable = await page.evaluate<string[]>(`
      [...document.querySelectorAll('a[href], button:not([disabled]), input:not([type="file"]), select, textarea')]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }))
        .map((one, index) => (one.dataset.tabStop = String(index)))`);
    await page.evaluate('document.activeElement?.blur()');
    const reached = new Set<string>();
    for (let tabs = 0; tabs < usable.length + 20 && reached.size < usable.length; tabs += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate<string | undefined>('document.activeElement?.dataset.tabStop');
      if (at !== undefined) reached.add(at);
    }
    return { usable, reached: usable.filter((one) => reached.has(one)) };
  }

  it('leads by keyboard alone to every page, and on each to everything that can be used', async () => {
    await goTo('instances');
    const links = page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link');
    await links.first().waitFor();
    const names = await links.allTextContents();
    expect(names.map((name) => name.trim())).toContain('Maintenance');
    for (const name of names) {
      const link = page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: name.trim() });
      await link.focus();
      await page.keyboard.press('Enter');
      await page.locator(`[aria-current="page"]`, { hasText: name.trim() }).waitFor();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[role="status"][aria-label]').first().waitFor({ state: 'detached' });
      const { usable, reached } = await byKeyboard();
      expect({ name, reached }).toEqual({ name, reached: usable });
    }
    for (const tab of ['overview', 'configuration', 'revisions', 'operations', 'events']) {
      await goTo(`instances/${instanceId}?tab=${tab}`);
      await page.getByRole('heading', { level: 1, name: 'helpdesk' }).waitFor();
      await page.locator('[role="status"][aria-label]').first().waitFor({ state: 'detached' });
      const { usable, reached } = await byKeyboard();
      expect({ tab, reached }).toEqual({ tab, reached: usable });
    }
  });

  it('pauses a schedule of maintenance with what goes without it, resumes it, and changes how often it runs', async () => {
    await goTo('maintenance');
    await page.getByText('Compares what each instance runs').waitFor();
    expect(await faultsOfPage()).toEqual([]);
    await page.getByRole('button', { name: 'Pause: Retention' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Pause “Retention”?' });
    await dialog.getByText('the database grows').waitFor();
    await dialog.getByRole('button', { name: 'Pause' }).press('Enter');
    await page.getByRole('button', { name: 'Resume: Retention' }).waitFor();
    expect(await schedule('retention')).toMatchObject({ paused: true, nextRunAt: null });
    await page.getByRole('button', { name: 'Resume: Retention' }).press('Enter');
    await page.getByRole('button', { name: 'Pause: Retention' }).waitFor();
    expect(await schedule('retention')).toMatchObject({ paused: false });

    await page.getByRole('button', { name: 'Change the interval: Retention' }).press('Enter');
    const form = page.getByRole('dialog', { name: 'How often: Retention' });
    await form.getByLabel('Every').fill('0');
    expect(await form.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
    await form.getByLabel('Every').fill('2');
    await form.getByLabel('Every').press('Enter');
    await page.getByRole('cell', { name: '2 hours' }).waitFor();
    expect(await schedule('retention')).toMatchObject({ everySeconds: 7_200 });
  });

  it('shows which instances rollouts leave alone, and what to do about it on focus', async () => {
    await goTo('instances?leftAlone=true');
    const mark = page.getByRole('link', { name: /left alone/ });
    await mark.waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await mark.focus();
    await page.getByRole('tooltip').getByText('change its configuration or its version by hand').waitFor();
    expect(await faultsOfPage()).toEqual([]);
    await mark.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/instances/${instanceId}?tab=operations`);
  });

  it('compares two revisions of an instance side by side, at an address that shows the same', async () => {
    await goTo(`instances/${instanceId}?tab=revisions`);
    await page.getByRole('button', { name: 'Compare revision 1' }).press('Enter');
    const heading = page.getByRole('heading', { name: 'Revision 1 beside revision 2' });
    await heading.waitFor();
    await expect.poll(() => heading.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
    await page.getByText('/configuration/logging/level').waitFor();
    await page.locator('.cm-mergeView .cm-changedLine').first().waitFor();
    expect(await faultsOfPage()).toEqual([]);
    await page.reload();
    await page.locator('.cm-mergeView').waitFor();
    expect(new URL(page.url()).search).toBe('?tab=revisions&from=1&to=2');
    await page.getByRole('button', { name: 'Swap the sides' }).press('Enter');
    await page.getByRole('heading', { name: 'Revision 2 beside revision 1' }).waitFor();
  });
});
