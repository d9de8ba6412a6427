import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildUser, signInAs, signInAsAdministrator } from '../../test/factories/people.ts';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildTenant } from '../../test/factories/tenants.ts';
import { hasBrowser, startBrowser } from '../../test/platform/browser.ts';
import { sharedTemporalUi } from '../../test/platform/temporal.ts';
import { builtPortal } from '../../test/platform/web.ts';
import { inlineScriptsOf } from './ui-proxy.ts';

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** As it is written, unlike `fetch`, which tidies an address up first. */
function send(api: TestApi, method: string, path: string, headers: Record<string, string> = {}): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const { hostname, port } = new URL(api.url);
  request({ hostname, port, method, path, headers, agent: false }, (answer) => {
    const { statusCode: status = 0 } = answer;
    text(answer).then((body) => resolve({ status, headers: answer.headers, body }), reject);
  })
    .on('error', reject)
    .end();
  return promise;
}

describe('Temporal’s UI before the platform', () => {
  let upstream: Server;
  const asked: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  let api: TestApi;
  let operator: ApiClient;
  beforeAll(async () => {
    upstream = createServer(({ method, url, headers }, response) => {
      asked.push({ method, url, headers });
      response.setHeader('Set-Cookie', '__Host-occ_session=stolen; Path=/');
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Content-Security-Policy', 'default-src *');
      if (url === '/temporal/page') response.setHeader('Content-Type', 'text/html').end('<script>start(1)</script>');
      else if (url?.endsWith('/settings')) {
        response.setHeader('Content-Type', 'application/json').end('{"Version":"2","DisableWriteActions":false}');
      } else response.writeHead(url === '/temporal/gone' ? 404 : 200, { ETag: '"1"' }).end('whatever it says');
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    api = await startApi({ temporalUiUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` });
    operator = await signInAsAdministrator(api);
  });
  afterAll(async () => {
    await api?.close();
    upstream.closeAllConnections();
    upstream.close();
  });
  const lastAsked = async (call: () => Promise<Reply>) => {
    asked.length = 0;
    const reply = await call();
    return { reply, asked: [...asked] };
  };

  it('is nobody’s without a sign-in, and only theirs who may look there', async () => {
    const tenant = await buildTenant(api.db);
    const member = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    for (const path of ['/temporal', '/temporal/', '/temporal/page', '/temporal/api/v1/namespaces']) {
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
        const { reply, asked: reached } = await lastAsked(() => send(api, method, path));
        expect([reply.status, reached]).toEqual([401, []]);
        const denied = await lastAsked(() => send(api, method, path, { ...member.headers }));
        expect([denied.reply.status, denied.asked]).toEqual([403, []]);
      }
      expect((await send(api, 'GET', path, { authorization: 'Bearer nobody' })).status).toBe(401);
    }
    const { body } = await operator.get('/audit?action=openTemporalUi&outcome=denied');
    expect(body.items).toEqual([expect.objectContaining({ objectType: 'temporal', outcome: 'denied' })]);
  });

  it('passes reading on, without what tells who is asking, and brings nothing back that would set something', async () => {
    const path = '/temporal/namespaces/default/workflows/operation%2F1?query=a%20b';
    const headers = {
      ...operator.headers,
      cookie: `${operator.headers['Cookie']}; other=1`,
      'x-csrf-token': 'x',
      'if-none-match': '"0"',
    };
    const { reply, asked: reached } = await lastAsked(() => send(api, 'GET', path, headers));
    expect(reply).toMatchObject({ status: 200, body: 'whatever it says', headers: { etag: '"1"' } });
    expect(reached).toEqual([
      {
        method: 'GET',
        url: path,
        headers: { host: expect.any(String), connection: 'keep-alive', 'if-none-match': '"0"' },
      },
    ]);
    expect(reply.headers).not.toHaveProperty('set-cookie');
    expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
    expect(reply.headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
    expect((await send(api, 'HEAD', path, headers)).status).toBe(200);
    expect((await send(api, 'GET', '/temporal/gone', headers)).status).toBe(404);
  });

  it('writes a look down once a minute', async () => {
    const { body } = await operator.get('/audit?action=openTemporalUi&outcome=succeeded');
    expect(body.items).toEqual([expect.objectContaining({ objectType: 'temporal', outcome: 'succeeded' })]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('passes no %s on, whoever asks', async (method) => {
    for (const path of ['/temporal/api/v1/namespaces/default/workflows/a/terminate', '/temporal/page']) {
      const { reply, asked: reached } = await lastAsked(() => send(api, method, path, { ...operator.headers }));
      expect([reply.status, reply.headers['allow'], reached]).toEqual([405, 'GET, HEAD', []]);
    }
  });

  it('lets a page run the scripts that it came with, and reach nothing but the UI', async () => {
    const { headers } = await send(api, 'GET', '/temporal/page', { ...operator.headers });
    const directives = String(headers['content-security-policy']).split('; ');
    const own = `${new URL(api.url).host}/temporal/`;
    expect(directives).toContain(`connect-src ${own}`);
    expect(directives).toContain(`script-src ${own} ${inlineScriptsOf('<script>start(1)</script>')[0]}`);
    expect(directives).toContain(`default-src 'none'`);
    const strange = await send(api, 'GET', '/temporal/x', { ...operator.headers, host: 'a; script-src *' });
    expect(strange.headers['content-security-policy']).toContain('connect-src portal.example.test/temporal/');
  });

  it('tells the UI that nothing is to be changed there', async () => {
    const { body } = await send(api, 'GET', '/temporal/api/v1/settings', { ...operator.headers });
    expect(JSON.parse(body)).toMatchObject({
      Version: '2',
      DisableWriteActions: true,
      WorkflowTerminateDisabled: true,
    });
  });

  it('says when the UI does not answer, and is not taken for it outside of its path', async () => {
    const without = await startApi();
    const someone = await signInAsAdministrator(without);
    const reply = await send(without, 'GET', '/temporal/page', { ...someone.headers });
    expect([reply.status, JSON.parse(reply.body)]).toEqual([
      503,
      expect.objectContaining({ code: 'server.unavailable' }),
    ]);
    expect((await send(without, 'GET', '/temporality', { ...someone.headers })).status).toBe(404);
    await without.close();
    for (const path of ['http://elsewhere.example/temporal/x', '/api/v1/../../temporal/x', '//temporal/x']) {
      const { asked: reached } = await lastAsked(() => send(api, 'GET', path, { ...operator.headers }));
      expect(reached).toEqual([]);
    }
  });
});

describe.runIf(hasBrowser)('Temporal’s own UI behind the portal’s sign-in, in Chromium', { timeout: 120_000 }, () => {
  let api: TestApi;
  let context: BrowserContext;
  beforeAll(async () => {
    api = await startApi({ webRoot: builtPortal(), temporalUiUrl: sharedTemporalUi() });
    context = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await context?.close();
    await api?.close();
  });

  it('shows runs and offers no change of them', async () => {
    const person = await buildUser(api.db, { role: 'platform-administrator' });
    const page = context.pages()[0] ?? (await context.newPage());
    const refused: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) refused.push(message.text());
    });
    await page.goto(`${api.url}/temporal/`);
    expect(await page.textContent('body')).toContain('access.unauthenticated');
    await page.goto(api.url);
    await page.getByLabel('User name').fill(person.name);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main navigation' }).waitFor();

    await page.goto(`${api.url}/temporal/namespaces/default/workflows`);
    await page.getByRole('heading', { name: /Workflows/ }).waitFor();
    await expect(page.getByText('Start Workflow').count()).resolves.toBe(0);
    expect(refused).toEqual([]);
    const reached = await page.evaluate<string>(`fetch('/api/v1/me').then(() => 'reached', () => 'refused')`);
    expect(reached).toBe('refused');
  });
});
