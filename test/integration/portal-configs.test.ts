import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformScope } from '../../server/persistence/database.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildCluster } from '../factories/instances.ts';
import { buildUser, signIn, type TestUser } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../factories/tenants.ts';
import { hasBrowser, startBrowser } from '../platform/browser.ts';
import { builtPortal } from '../platform/web.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures of what the test sees are put; nowhere when left out. */
const picturesTo = process.env.TEST_PICTURES;
const widths = [360, 820, 1920];

describe.runIf(hasBrowser)('config templates in Chromium', { timeout: 120_000 }, () => {
  let api: TestApi;
  let context: BrowserContext;
  let page: Page;
  let tenant: TestTenant;
  let project: TestProject;
  let person: TestUser;
  let client: ApiClient;
  let agentVersionId: string;
  let clusterId: string;

  beforeAll(async () => {
    api = await startApi({ webRoot: builtPortal() });
    tenant = await buildTenant(api.db, 'acme');
    project = await buildProject(api.db, tenant, 'support');
    ({ id: clusterId } = await buildCluster(api.db, 'local'));
    person = await buildUser(
      api.db,
      { role: 'tenant-administrator', tenantId: tenant.id },
      { role: 'platform-administrator' },
    );
    client = await signIn(api.anyone, person);
    const version = await client.post('/agent-versions', {
      kind: 'openclaw',
      version: '2026.9.6',
      image: 'openclaw:test',
    });
    agentVersionId = version.body.id;
    context = await startBrowser();
    page = context.pages()[0] ?? (await context.newPage());
    await page.goto(api.url);
    await page.getByLabel('User name').fill(person.name);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
  }, 120_000);
  afterAll(async () => {
    await context?.close();
    await api?.close();
  });

  const goTo = (path: string): Promise<unknown> => page.goto(`${api.url}/t/${tenant.id}/p/all/${path}`);
  const picture = async (name: string): Promise<void> => {
    if (picturesTo) await page.screenshot({ path: join(picturesTo, `${name}.png`) });
  };
  const editor = (label: string) => page.getByRole('textbox', { name: label, exact: true });
  async function write(label: string, text: string): Promise<void> {
    await editor(label).click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(text);
  }
  const createConfig = async (name: string, content: Record<string, unknown>): Promise<string> => {
    const created = await client.post('/configs', { tenantId: tenant.id, name, agentKind: 'openclaw', ...content });
    expect(created.status).toBe(201);
    return created.body.id;
  };

  /** What axe finds, colours and contrast included, and whether anything stands out of the page sideways. */
  async function faultsOfPage(name: string): Promise<string[]> {
    const found: string[] = [];
    for (const theme of ['light', 'dark'] as const) {
      await page.evaluate(`document.documentElement.classList.toggle('dark', ${theme === 'dark'})`);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate('document.fonts.ready.then(() => undefined)');
        // What asks how wide the page is answers with the next frame.
        const fits = page.waitForFunction('document.documentElement.scrollWidth <= innerWidth', null, {
          timeout: 5_000,
        });
        await fits.catch(() => found.push(`${theme} ${width}: wider than the page`));
        if (theme === 'light' || width === 1920) await picture(`${name}-${width}-${theme}`);
      }
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate<AxeResults>(
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`,
      );
      found.push(...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${theme} ${id}: ${html}`)));
    }
    await page.evaluate(`document.documentElement.classList.remove('dark')`);
    await page.setViewportSize({ width: 1440, height: 900 });
    return found;
  }

  it('writes a template with completion and live validation, saves it as a version and publishes that', async () => {
    await goTo('configs');
    await page.getByText('No config template yet').waitFor();
    await page.getByRole('button', { name: 'Create template' }).first().click();
    const creation = page.getByRole('dialog', { name: 'Create a config template' });
    await creation.getByLabel('Name').fill('support-desk');
    await creation.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name: 'support-desk', level: 1 }).waitFor();

    await write('Configuration', '{"agent": {"heart');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: 'heartbeatMinutes' }).click();
    await expect.poll(() => editor('Configuration').textContent()).toContain('"heartbeatMinutes": ');

    // At once by the schema, and from the server with its layer.
    await write('Configuration', '{\n  "agent": {\n    "heartbeatMinutes": "often"\n  }\n}');
    await page.locator('.cm-lint-marker-error').waitFor();
    const faults = page.locator('.faults');
    await faults.getByText('/agent/heartbeatMinutes').waitFor();
    expect(await faults.locator('[data-layer]').textContent()).toBe('template');
    await faults.getByRole('button').click();
    expect(await page.locator('.cm-activeLine').first().textContent()).toContain('often');
    await picture('editor-fault');

    await write('Configuration', '{\n  "agent": {\n    "heartbeatMinutes": {"$variable": "minutes"}\n  }\n}');
    await page.getByLabel('Name of a new variable').fill('minutes');
    await page.getByRole('combobox', { name: 'Type' }).selectOption('integer');
    await page.getByRole('button', { name: 'Add variable' }).click();
    await page.getByLabel('minutes (optional)').fill('5');
    await page.locator('[data-valid="true"]').waitFor();
    const source = page.getByRole('row', { name: /heartbeatMinutes/ });
    expect(await source.textContent()).toMatch(/5.*template/);

    await page.getByRole('button', { name: 'Save draft' }).click();
    const saving = page.getByRole('dialog', { name: 'Save as version 2' });
    await saving.getByLabel('Reason').fill('agents look by themselves');
    await saving.getByRole('button', { name: 'Save version 2' }).click();
    await page.getByText('Version 2 is saved.').waitFor();

    await page.getByRole('button', { name: 'Publish version 2' }).click();
    const publishing = page.getByRole('dialog', { name: 'Publish version 2 of support-desk' });
    await publishing.getByText('No instance uses this template').waitFor();
    await publishing.getByRole('button', { name: 'Publish version 2' }).click();
    await publishing.waitFor({ state: 'hidden' });
    await page.locator('header [data-phase="published"]').waitFor();

    await page.getByRole('link', { name: 'Versions', exact: true }).click();
    await page.getByText('agents look by themselves').waitFor();
    expect(await page.locator('tbody tr').count()).toBe(2);
  });

  it('does not lose what is typed to a click on a link', async () => {
    const id = await createConfig('careful', { configuration: { agent: { heartbeatMinutes: 1 } } });
    await goTo(`configs/${id}`);
    await editor('Configuration').waitFor();
    await write('Configuration', '{"agent": {"heartbeatMinutes": 2}}');
    await page.getByText('There are unsaved changes.').waitFor();
    page.once('dialog', (dialog) => void dialog.dismiss());
    await page.getByRole('link', { name: 'Secrets' }).click();
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('link', { name: 'Editor' }).click();
    expect(await editor('Configuration').textContent()).toContain('2');
    await page.getByRole('button', { name: 'Discard my changes' }).click();
    await expect.poll(() => editor('Configuration').textContent()).toContain('1');
  });

  it('creates an instance from a template, and tells of each of its values where it comes from', async () => {
    const id = await createConfig('desk', {
      configuration: { agent: { heartbeatMinutes: { $variable: 'minutes' } }, logging: { level: 'warn' } },
      variables: { type: 'object', properties: { minutes: { type: 'integer', maximum: 60 } }, required: ['minutes'] },
      locks: ['/logging/level'],
    });
    expect((await client.post(`/configs/${id}/publish`, { reason: 'first' })).status).toBe(200);
    await goTo('instances');
    await page.getByRole('button', { name: 'Create instance' }).first().click();
    const sheet = page.getByRole('dialog', { name: 'Create an instance' });
    await sheet.getByLabel('Name', { exact: true }).fill('assistant');
    await sheet.getByLabel('Config template').click();
    await page.getByRole('option', { name: 'desk', exact: true }).click();
    await sheet.getByText('Locked by the template: /logging/level').waitFor();
    await sheet.getByLabel('minutes').fill('99');
    await sheet.locator('.variables-form .fault').waitFor();
    await sheet.getByLabel('minutes').fill('7');
    await expect.poll(() => sheet.getByRole('row', { name: /heartbeatMinutes/ }).textContent()).toMatch(/7.*template/);
    await write('Own values', '{"logging": {"level": "debug"}}');
    await sheet.locator('.field .fault', { hasText: /lock/i }).waitFor();
    await write('Own values', '{"limits": {"maxConcurrentRuns": 3}}');
    await expect.poll(() => sheet.getByRole('row', { name: /maxConcurrentRuns/ }).textContent()).toMatch(/3.*instance/);
    await picture('create-instance-with-template');
    await sheet.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name: 'assistant', level: 1 }).waitFor();

    await page.getByRole('link', { name: 'Configuration' }).click();
    await page.getByRole('link', { name: 'Template desk, version 1' }).waitFor();
    expect(await page.getByRole('row', { name: /heartbeatMinutes/ }).textContent()).toMatch(/7.*template/);
    expect(await page.getByRole('row', { name: /maxConcurrentRuns/ }).textContent()).toMatch(/3.*instance/);
    await picture('instance-configuration');
    expect(await faultsOfPage('instance-configuration')).toEqual([]);
  });

  it('shows what publishing touches and leads to the rollout that it makes', async () => {
    const id = await createConfig('fleet', { configuration: { agent: { heartbeatMinutes: 1 } } });
    await client.post(`/configs/${id}/publish`, {});
    for (const name of ['one', 'two', 'three']) {
      const wanted = { projectId: project.id, clusterId, agentVersionId, name, templateId: id };
      expect((await client.post('/instances', wanted)).status).toBe(202);
    }
    await asIfRunning(api);
    const change = { name: 'fleet', configuration: { agent: { heartbeatMinutes: 2 } } };
    const etag = (await client.get(`/configs/${id}`)).headers.get('ETag') ?? '';
    expect((await client.put(`/configs/${id}`, change, etag)).status).toBe(200);

    await goTo(`configs/${id}`);
    await page.getByRole('button', { name: 'Publish version 2' }).click();
    const dialog = page.getByRole('dialog', { name: 'Publish version 2 of fleet' });
    await dialog.getByText('It changes 3 instances').waitFor();
    expect(await dialog.locator('.waves li').allTextContents()).toHaveLength(3);
    await picture('publish');
    await dialog.getByRole('button', { name: 'Publish version 2 and roll out to 3' }).click();
    await page.waitForURL(/\/rollouts\//);
    const rolloutId = page.url().split('/').at(-1) ?? '';
    expect((await client.get(`/rollouts/${rolloutId}`)).body).toMatchObject({ kind: 'configuration', total: 3 });

    await goTo(`configs/${id}?tab=versions`);
    await page.getByRole('button', { name: 'Roll back to 1' }).click();
    const back = page.getByRole('dialog', { name: 'Roll fleet back to version 1' });
    await back.getByLabel('Reason').fill('too eager');
    await back.getByText('Bring it to the instances that use the template').click();
    await back.getByRole('button', { name: 'Roll back to 1' }).click();
    await page.getByText('Version 1 is published again.').waitFor();
  });

  it('compares any two of a thousand versions, and stays quick with them', async () => {
    const id = await createConfig('old', { configuration: { agent: { heartbeatMinutes: 0 } } });
    await api.db.transaction(platformScope(), async (tx) => {
      await tx.query(
        `insert into config_versions (tenant_id, template_id, version, status, configuration, created_by_name)
         select ?, ?, n, 'retired', jsonb_build_object('agent', jsonb_build_object('heartbeatMinutes', n)), 'admin'
           from generate_series(2, 1000) n`,
        [tenant.id, id],
      );
      await tx.query(`update config_templates set latest_version = 1000 where id = ?`, [id]);
    });
    await goTo(`configs/${id}?tab=versions`);
    await page.getByText('1–50 of 1,000').waitFor();
    expect(await page.locator('tbody tr').count()).toBe(50);
    expect(await faultsOfPage('versions')).toEqual([]);

    await goTo(`configs/${id}?tab=diff&from=3&to=777`);
    await page.getByText('One difference').or(page.getByText('1 difference')).waitFor();
    expect(await page.locator('.changes').textContent()).toContain('/configuration/agent/heartbeatMinutes');
    await page.locator('.cm-mergeView').waitFor();
    await page.getByRole('combobox', { name: 'with this version' }).click();
    await page.keyboard.type('41');
    await page.getByRole('option', { name: 'Version 41', exact: true }).click();
    await page.waitForURL(/to=41/);
    await expect.poll(() => page.locator('.changes ins').textContent()).toBe('41');
    // A list of choices that was open stays where it was when the window narrows; a phone never had it there.
    await page.reload();
    await page.locator('.cm-mergeView').waitFor();
    expect(await faultsOfPage('diff')).toEqual([]);
  });

  it('sets the defaults of a tenant and locks a value against what is below', async () => {
    await goTo('config-defaults');
    await page.getByRole('heading', { name: 'Defaults of the tenant', level: 1 }).waitFor();
    await write('Configuration', '{"logging": {"level": "warn"}}');
    await page.getByLabel('Locked values').fill('/logging/level');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The defaults are saved.').waitFor();
    const { body } = await client.get(`/tenants/${tenant.id}/defaults/openclaw`);
    expect(body).toMatchObject({ configuration: { logging: { level: 'warn' } }, locks: ['/logging/level'] });
    // As above: a list of choices that was open stays where it was.
    await page.reload();
    await page.getByLabel('Locked values').waitFor();
    expect(await faultsOfPage('defaults')).toEqual([]);
  });

  it('can be used by everybody and on every screen', async () => {
    await goTo('configs');
    await page.getByRole('link', { name: 'support-desk' }).waitFor();
    expect(await faultsOfPage('configs')).toEqual([]);
    await page.getByRole('link', { name: 'support-desk' }).click();
    await editor('Configuration').waitFor();
    await page.locator('.verdict .line').waitFor();
    expect(await faultsOfPage('editor')).toEqual([]);
  });
});

/** There is no engine behind this api: what it would make of the operations is written as it would be. */
const asIfRunning = (api: TestApi): Promise<unknown> =>
  api.db.transaction(platformScope(), async (tx) => {
    await tx.query(`update operations set phase = 'Succeeded', ended_at = now() where phase = 'Accepted'`, []);
    await tx.query(`update instances set phase = 'Running', live_revision = revision where phase <> 'Deleted'`, []);
  });
