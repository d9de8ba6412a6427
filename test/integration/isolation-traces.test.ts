import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { platformScope } from '../../server/persistence/database.ts';
import { isStream, route, type Route } from '../../server/http/route.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiAnswer, ApiClient } from '../factories/api-client.ts';
import { openStream, type OpenStream } from '../factories/event-source.ts';
import { buildCluster, buildInstance } from '../factories/instances.ts';
import { buildUser, signIn, uniqueName, type TestUser } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../factories/tenants.ts';

// What is left of a request where nobody looks for it: caches, streams, logs, and the texts of refusals.

interface Company {
  tenant: TestTenant;
  project: TestProject;
  person: TestUser;
  client: ApiClient;
  instanceId: string;
  secretId: string;
  configId: string;
}

/** What only one company's people know: found anywhere else, it has leaked. */
const word = (what: string) => `${what}-${randomBytes(6).toString('hex')}`;
const lines: string[] = [];
/** Tokens, cookies, passwords and values that were sent; none may be logged. */
const sent: string[] = [];
const keep = (secret: string): string => (sent.push(secret), secret);

const routes = allRoutes({} as RouteDeps).filter((one): one is Route => !isStream(one));

let api: TestApi;
let acme: Company;
let other: Company;

beforeAll(async () => {
  api = await startApi({
    logTo: { write: (line: string) => void lines.push(line) },
    furtherRoutes: [
      route({
        method: 'get',
        path: '/broken',
        operationId: 'breakDown',
        summary: 'Fails in the database',
        permission: 'signed-in',
        runsAs: 'platform',
        responses: { 204: null },
        async handle({ tx }) {
          const told = keep(word('row'));
          await tx.query(`select ?::uuid`, [told]);
          return { status: 204 };
        },
      }),
    ],
  });
  const clusterId = (await buildCluster(api.db)).id;
  [acme, other] = [await company(clusterId), await company(clusterId)];
}, 60_000);
afterAll(() => api?.close());

async function company(clusterId: string): Promise<Company> {
  const tenant = await buildTenant(api.db, word('company'));
  const project = await buildProject(api.db, tenant, word('project'));
  const person = await buildUser(api.db, { role: 'tenant-administrator', tenantId: tenant.id });
  keep(person.password);
  const client = await signIn(api.anyone, person);
  keep(client.headers['Cookie']?.split('=')[1] ?? '');
  const instance = await buildInstance(api.db, { project, clusterId, name: word('agent') });
  const secret = await client.post('/secrets', {
    tenantId: tenant.id,
    name: word('secret'),
    value: keep(word('value')),
  });
  const config = await client.post('/configs', {
    tenantId: tenant.id,
    name: word('config'),
    agentKind: 'openclaw',
    configuration: { environment: { MODE: keep(word('setting')) } },
  });
  expect([secret.status, config.status]).toEqual([201, 201]);
  return {
    tenant,
    project,
    person,
    client,
    instanceId: instance.id,
    secretId: secret.body.id,
    configId: config.body.id,
  };
}

/** Names and values of a company, as they stand in its rows. */
const wordsOf = async ({ tenant, project, person }: Company): Promise<string[]> => {
  const rows = await api.db.transaction(platformScope(), (tx) =>
    tx.query<{ word: string }>(
      `select name as word from instances where tenant_id = ? union select name from secrets where tenant_id = ?
       union select name from config_templates where tenant_id = ?`,
      [tenant.id, tenant.id, tenant.id],
    ),
  );
  return [tenant.name, project.name, person.name, ...rows.map((row) => row.word)];
};

const outOf = ({ status, headers, body }: ApiAnswer): string => JSON.stringify([status, [...headers], body]);

/** Of a body what the route knows, so that it is not refused for the rest. */
function known(body: Record<string, unknown>, schema: Route['body']): Record<string, unknown> {
  if (!(schema instanceof z.ZodObject)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => name in schema.shape));
}

/** Each route once, as somebody would who knows every id of the other company, with a body that says much. */
async function* askEverything(as: ApiClient, about: Company): AsyncGenerator<[Route, ApiAnswer]> {
  const ids: Record<string, string> = {
    instances: about.instanceId,
    tenants: about.tenant.id,
    projects: about.project.id,
    secrets: about.secretId,
    configs: about.configId,
  };
  for (const one of routes.filter(({ operationId }) => operationId !== 'signOut')) {
    const [noun = ''] = one.path.slice(1).split('/');
    const path = one.path.replace(/:(\w+)/g, (_whole, name: string) =>
      name === 'id' ? (ids[noun] ?? randomUUID()) : name === 'number' ? '1' : randomUUID(),
    );
    const body = {
      tenantId: about.tenant.id,
      projectId: about.project.id,
      name: keep(word('body')),
      password: keep(word('password')),
      value: keep(word('value')),
      token: keep(word('token')),
      kubeconfig: keep(word('kubeconfig')),
      configuration: { native: { key: keep(word('native')) } },
      email: keep(`${word('person')}@example.com`),
    };
    const headers = { 'If-Match': '"1"', 'X-Told': keep(word('header')) };
    const options = one.method === 'get' ? { headers } : { headers, body: known(body, one.body) };
    const query = 'tenantId' in (one.query?.shape ?? {}) ? `?tenantId=${about.tenant.id}` : '';
    yield [one, await as.request(one.method.toUpperCase(), `${path}${query}`, options)];
  }
}

describe('what one company’s people are told', { timeout: 120_000 }, () => {
  it('holds nothing of another company, whatever they ask for, nor of the machinery', async () => {
    const words = await wordsOf(acme);
    expect(words.length).toBeGreaterThan(5);
    const leaks: string[] = [];
    for await (const [{ operationId }, answer] of askEverything(other.client, acme)) {
      const text = outOf(answer);
      for (const secret of words) if (text.includes(secret)) leaks.push(`${operationId}: ${secret}`);
      if (
        /\bselect\b.*\bfrom\b|insert into|update .* set |\.ts:\d|node_modules|SQLSTATE|row-level security/i.test(text)
      ) {
        if (answer.status >= 400) leaks.push(`${operationId}: ${text}`);
      }
      if (answer.status >= 500) leaks.push(`${operationId}: ${answer.status}`);
      if (answer.headers.get('Cache-Control') !== 'no-store') leaks.push(`${operationId}: may be kept on the way`);
    }
    expect(leaks).toEqual([]);
  });

  it('is of a fault on our side nothing but that', async () => {
    const { status, body } = await other.client.get('/broken');
    expect({ status, keys: Object.keys(body as object).toSorted() }).toEqual({
      status: 500,
      keys: ['code', 'instance', 'status', 'title', 'type'],
    });
  });
});

describe('what the api keeps between requests', () => {
  it('are answers by key of one person: another one’s with the same key are his own', async () => {
    const key = { 'Idempotency-Key': uniqueName('key') };
    const ask = ({ client, tenant }: Company) =>
      client.post('/projects', { tenantId: tenant.id, name: word('own') }, key);
    const [first, second] = [await ask(acme), await ask(other)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.tenantId).toBe(other.tenant.id);
    expect(second.headers.get('Idempotency-Replayed')).toBeNull();
    expect(outOf(second)).not.toContain(first.body.id);
  });

  it('are answers for one tenant: the same person’s key is another request for another tenant', async () => {
    const both = await buildUser(
      api.db,
      { role: 'tenant-administrator', tenantId: acme.tenant.id },
      { role: 'tenant-administrator', tenantId: other.tenant.id },
    );
    const client = await signIn(api.anyone, both);
    const key = { 'Idempotency-Key': uniqueName('key') };
    const body = { name: word('shared') };
    const ask = ({ tenant }: Company) => client.post('/projects', { ...body, tenantId: tenant.id }, key);
    expect((await ask(acme)).status).toBe(201);
    expect((await ask(other)).body.code).toBe('request.idempotency-mismatch');
  });

  it('are roles of one tenant: their ids give nothing elsewhere, and their like is another one', async () => {
    const roleOf = async ({ client, tenant }: Company, grants: string[]) =>
      (await client.post('/roles', { tenantId: tenant.id, name: 'helper', grants })).body;
    const [reads, writes] = [
      await roleOf(acme, ['secret:read']),
      await roleOf(other, ['project:read', 'project:create']),
    ];
    const helper = await buildUser(api.db, { role: writes.id, tenantId: other.tenant.id });
    const client = await signIn(api.anyone, helper);
    // Both enforcers are in memory by now.
    const ofAcme = await signIn(api.anyone, await buildUser(api.db, { role: reads.id, tenantId: acme.tenant.id }));
    expect((await ofAcme.get(`/secrets?tenantId=${acme.tenant.id}`)).status).toBe(200);
    expect((await client.post('/projects', { tenantId: other.tenant.id, name: word('by-helper') })).status).toBe(201);
    expect((await client.get(`/secrets?tenantId=${other.tenant.id}`)).body.items).toEqual([]);
    expect((await ofAcme.post('/projects', { tenantId: acme.tenant.id, name: word('no') })).status).toBe(403);
    const strange = await other.client.post('/members', {
      tenantId: other.tenant.id,
      name: helper.name,
      role: reads.id,
    });
    expect(strange.status).toBeGreaterThanOrEqual(400);
    expect(outOf(strange)).not.toContain(acme.tenant.name);
  });

  it('are no versions: the ETag of somebody else’s object says nothing about it', async () => {
    const own = await acme.client.get(`/configs/${acme.configId}`);
    const etag = own.headers.get('ETag') ?? '';
    expect(etag).toMatch(/^"\d+"$/);
    const unknown = `/configs/${randomUUID()}`;
    const conditions: Record<string, string>[] = [
      { 'If-None-Match': etag },
      { 'If-Match': etag },
      { 'If-None-Match': '*' },
    ];
    for (const headers of conditions) {
      const [hidden, none] = await Promise.all(
        [`/configs/${acme.configId}`, unknown].map((path) => other.client.get(path, { headers })),
      );
      expect([hidden?.status, none?.status]).toEqual([404, 404]);
    }
    for (const tag of [etag, '"999"']) {
      const [hidden, none] = await Promise.all(
        [`/configs/${acme.configId}`, unknown].map((path) => other.client.delete(path, tag)),
      );
      expect([hidden?.status, none?.status]).toEqual([404, 404]);
    }
  });
});

describe('two companies’ event streams on one api', () => {
  it('tell each of its own alone, while both are told at once', async () => {
    const follow = ({ client }: Company, query = ''): Promise<OpenStream> =>
      openStream(`${api.url}/api/v1/events/stream${query}`, { ...client.headers });
    const streams = {
      acme: await follow(acme),
      other: await follow(other),
      asks: await follow(other, `?tenantId=${acme.tenant.id}`),
      byInstance: await follow(other, `?instanceId=${acme.instanceId}`),
    };
    const emit = (whose: Company, number: number) =>
      api.db.transaction(platformScope(), async (tx) => {
        const { project, tenant } = whose;
        const data = { name: project.name };
        tx.emit({
          type: `told.${number}`,
          tenantId: tenant.id,
          projectId: project.id,
          instanceId: whose.instanceId,
          data,
        });
      });
    await Promise.all(Array.from({ length: 40 }, (_, number) => emit(number % 2 ? acme : other, number)));
    await Promise.all([emit(acme, 100), emit(other, 101)]);
    const typesOf = ({ received }: OpenStream) => received.map(({ data }) => data.type);
    await expect.poll(() => typesOf(streams.acme).length).toBe(21);
    await expect.poll(() => typesOf(streams.other).length).toBe(21);
    expect(JSON.stringify(streams.acme.received)).not.toContain(other.tenant.id);
    expect(JSON.stringify(streams.other.received)).not.toContain(acme.project.name);
    expect([...typesOf(streams.asks), ...typesOf(streams.byInstance)]).toEqual([]);
    for (const stream of Object.values(streams)) stream.close();
  });
});

describe('what the api logs', { timeout: 120_000 }, () => {
  it('holds no password, token, cookie, value, setting or address of a person, of all that was sent', async () => {
    for await (const [{ operationId }] of askEverything(acme.client, acme)) expect(operationId).not.toBe('');
    await api.anyone.post('/auth/login', { name: acme.person.name, password: keep(word('wrong')) });
    await api.anyone.post('/auth/login', `{"name": "${keep(word('cut-off'))}`);
    await api.anyone.get('/me', { headers: { Authorization: `Bearer ${keep(word('bearer'))}` } });
    await api.anyone.get(`/nothing?token=${keep(word('query'))}`);
    const token = await api.anyone.post('/auth/token', {
      grant_type: 'password',
      username: acme.person.name,
      password: acme.person.password,
    });
    keep(token.body.access_token);
    keep(token.body.refresh_token);
    const bearer = api.anyone.with({ Authorization: `Bearer ${token.body.access_token}` });
    expect((await bearer.get('/me')).status).toBe(200);
    expect((await bearer.get('/broken')).status).toBe(500);

    const all = lines.join('\n');
    expect(lines.length).toBeGreaterThan(routes.length);
    expect(all).toContain('request failed');
    expect(sent.filter((secret) => secret === undefined || secret.length < 8)).toEqual([]);
    expect(sent.filter((secret) => all.includes(secret))).toEqual([]);
    expect(all).not.toMatch(/[\w.-]+@example\.com/);
  });
});
