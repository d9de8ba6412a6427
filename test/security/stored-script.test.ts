import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildConfigScene, type ConfigScene } from '../../server/configs/testing/config-scene.ts';
import { openApiDocument } from '../../server/http/openapi.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildUser, uniqueName } from '../factories/people.ts';
import { ask } from '../isolation/ask.ts';
import { buildRequest } from '../isolation/build-request.ts';
import { operationsOf, type ApiDocument } from '../isolation/document.ts';
import type { Kind } from '../isolation/kinds.ts';
import { nameOf, type Reference } from '../isolation/references.ts';
import { textsOf } from '../isolation/texts.ts';
import { hasBrowser, startBrowser } from '../platform/browser.ts';
import { builtPortal } from '../platform/web.ts';

/** Each sets a mark on the page if anything of it is carried out; they are short enough for most fields. */
const scripts = [
  '<img src=x onerror=window.ran=1>',
  '"><svg onload=window.ran=1>',
  'javascript:window.ran=1',
  '{{constructor.constructor("window.ran=1")()}}',
];

const operations = operationsOf(openApiDocument(allRoutes({} as RouteDeps), 'test') as unknown as ApiDocument);
const storing = operations.filter(({ method, body }) => method !== 'GET' && body !== null);

describe.runIf(hasBrowser)('a script in a text that the portal shows', { timeout: 300_000 }, () => {
  let scene: ConfigScene;
  let context: BrowserContext;
  let page: Page;
  const stored: string[] = [];
  let ids: Partial<Record<Kind, string>>;

  beforeAll(async () => {
    scene = await buildConfigScene({ webRoot: builtPortal(), checkDrift: async () => {} });
    const { admin, tenant, project, agentVersionId } = scene;
    const made = async (path: string, body: object): Promise<string> => (await admin.post(path, body)).body.id;
    const instance = await scene.runningInstance();
    const config = await scene.publishedConfig({ configuration: {} });
    ids = {
      tenant: tenant.id,
      project: project.id,
      agentVersion: agentVersionId,
      cluster: (await scene.readInstance(instance)).body.clusterId,
      instance,
      config: config.id,
      secret: await made('/secrets', { tenantId: tenant.id, name: 'shown', value: 'x' }),
      secretName: 'shown',
      role: await made('/roles', { tenantId: tenant.id, name: 'Shown', grants: ['instance:read'] }),
      member: await made('/members', { tenantId: tenant.id, name: 'shown', role: 'viewer' }),
      rollout: await made('/rollouts', {
        name: 'shown',
        change: { kind: 'restart' },
        selection: { instanceIds: [instance] },
      }),
      operation: (await scene.createInstance()).body.id,
    };
    await storeEverywhere(admin);
    const person = await buildUser(scene.api.db, { role: 'platform-administrator' });
    context = await startBrowser();
    page = context.pages()[0] ?? (await context.newPage());
    await page.goto(scene.api.url);
    await page.getByLabel('User name').fill(person.name);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
  }, 300_000);
  afterAll(async () => {
    await context?.close();
    await scene?.close();
  });

  /** Into every text of every request that stores something, as far as it is let in. */
  async function storeEverywhere(admin: ApiClient): Promise<void> {
    for (const operation of storing) {
      for (const text of textsOf(operation).filter((one) => one.in === 'body')) {
        const at: Reference = { ...text, kind: 'tenant' };
        for (const script of scripts) {
          const request = buildRequest(operation, { ids: (kind) => ids[kind] ?? '', instead: { at, id: script } });
          const { name } = (request.body ?? {}) as { name?: unknown };
          // Each of them is to be let in, and not to be refused for a name that the one before has taken.
          if (name === 'sample') Object.assign(request.body as object, { name: uniqueName('shown') });
          if (request.headers['If-Match']) request.headers['If-Match'] = await newestOf(admin, request.path);
          const { status } = await ask(admin, request);
          if (status < 300) stored.push(`${operation.id} ${nameOf(at)}`);
        }
      }
    }
  }

  const newestOf = async (admin: ApiClient, path: string): Promise<string> =>
    (await admin.get(path)).headers.get('ETag') ?? '"1"';

  it('is let in by those fields that take any text', () => {
    expect([...new Set(stored)]).toEqual(
      expect.arrayContaining([
        'changeTenant body /displayName',
        'changeRole body /description',
        'changeSecret body /description',
      ]),
    );
  });

  it('is shown as the text that it is, on every page', async () => {
    const dialogs: string[] = [];
    const faults: string[] = [];
    page.on('dialog', async (dialog) => {
      dialogs.push(dialog.message());
      await dialog.dismiss();
    });
    page.on('console', (message) => {
      // Had anything of it become a part of the page, its policy would have stopped it, and said so here.
      if (/Content Security Policy/.test(message.text())) faults.push(message.text());
    });
    const { tenant, instance, config, rollout, operation } = ids;
    const inTenant = `/t/${tenant}/p/all`;
    const pages = [
      ...(await linksOf(`${inTenant}/instances`)),
      `${inTenant}/instances/${instance}`,
      `${inTenant}/configs/${config}`,
      `${inTenant}/rollouts/${rollout}`,
      `${inTenant}/operations/${operation}`,
    ];
    expect(pages.length).toBeGreaterThan(12);
    let shown = 0;
    for (const path of pages) {
      await page.goto(`${scene.api.url}${path}`);
      await page.waitForLoadState('networkidle');
      const seen = await page.evaluate<{ ran: unknown; made: number; text: string }>(`({
        ran: window.ran,
        made: document.querySelectorAll('[onerror], [onload], img[src="x"], a[href^="javascript:"]').length,
        text: document.body.innerText,
      })`);
      expect({ path, ran: seen.ran, made: seen.made }).toEqual({ path, ran: undefined, made: 0 });
      if (seen.text.includes('onerror') || seen.text.includes('window.ran')) shown += 1;
    }
    expect({ dialogs, faults }).toEqual({ dialogs: [], faults: [] });
    expect(shown).toBeGreaterThan(2);
  });

  async function linksOf(path: string): Promise<string[]> {
    await page.goto(`${scene.api.url}${path}`);
    const links = page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link');
    await links.first().waitFor();
    return links.evaluateAll((all) => all.map((link) => (link as unknown as { pathname: string }).pathname));
  }
});
