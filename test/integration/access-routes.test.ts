import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isPermission, permissions } from '../../server/access/permissions.ts';
import { Role } from '../../server/access/roles.ts';
import { etag } from '../../server/http/if-match.ts';
import { pageQuery } from '../../server/http/page.ts';
import { route } from '../../server/http/route.ts';
import { sealOnce } from '../../server/observer/audit-sealer.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../factories/tenants.ts';

/** What the handlers of the sample routes wait for, so that two requests can be held inside of their transactions. */
let gate = Promise.resolve();
let handled = 0;

const auditNote = (tx: Transaction, action: string, tenantId: string | null = null): void =>
  tx.audit({ tenantId, actorId: null, actorName: 'test', action, objectType: 'note', outcome: 'succeeded' });

const place = z.strictObject({ tenantId: z.uuid(), projectId: z.uuid().optional() });
const Note = z.strictObject({
  text: z.string().max(10),
  tags: z.array(z.strictObject({ 'a/b': z.int() })).default([]),
});
const onNote = { method: 'put', path: '/notes/:id', params: z.strictObject({ id: z.uuid() }), body: Note } as const;

const samples = [
  ...permissions.map((permission) =>
    route({
      method: 'get',
      path: `/samples/${permission.replace(':', '/')}`,
      operationId: `sample ${permission}`,
      summary: 'Asks for one right',
      permission,
      query: place.partial(),
      responses: { 200: z.null() },
      async handle({ input: { query }, authorize }) {
        authorize(query.tenantId ? { tenantId: query.tenantId, projectId: query.projectId } : 'platform');
        return { status: 200, body: null };
      },
    }),
  ),
  route({
    method: 'post',
    path: '/notes',
    operationId: 'createNote',
    summary: 'Counts, and creates a tenant so that a rollback can be seen',
    permission: 'tenant:create',
    query: z.strictObject({ fail: z.literal('yes').optional() }),
    body: Note,
    responses: { 201: z.strictObject({ number: z.int(), text: z.string() }) },
    async handle({ input, authorize, tx }) {
      authorize('platform');
      handled += 1;
      const number = handled;
      await gate;
      await tx.query(`insert into tenants (id, name, display_name) values (gen_random_uuid(), ?, '')`, [
        input.body.text,
      ]);
      auditNote(tx, 'createNote');
      if (input.query.fail) throw new Problem('tenant.busy', 'asked for', { extra: { operationId: 'some-id' } });
      return { status: 201, body: { number, text: input.body.text }, headers: { ...etag(1), Location: '/here' } };
    },
  }),
  route({
    ...onNote,
    operationId: 'changeNote',
    summary: 'Answers with what it was given',
    permission: 'signed-in',
    ifMatch: true,
    responses: { 200: z.strictObject({ expected: z.int(), note: Note }) },
    async handle({ input, expectedGeneration, tx }) {
      auditNote(tx, 'changeNote');
      return { status: 200, body: { expected: expectedGeneration, note: input.body } };
    },
  }),
  route({
    method: 'post',
    path: '/forgotten',
    operationId: 'forgetRights',
    summary: 'Never asks for its right',
    permission: 'tenant:read',
    body: Note,
    responses: { 200: z.null() },
    async handle({ input, tx }) {
      await tx.query(`insert into tenants (id, name, display_name) values (gen_random_uuid(), ?, '')`, [
        input.body.text,
      ]);
      return { status: 200, body: null };
    },
  }),
  route({
    method: 'get',
    path: '/half-asked',
    operationId: 'askForAnOption',
    summary: 'Asks for the right of an option and never for its own',
    permission: 'tenant:update',
    query: place,
    responses: { 200: z.null() },
    async handle({ input: { query }, authorize }) {
      authorize(query, 'tenant:read');
      return { status: 200, body: null };
    },
  }),
  route({
    method: 'post',
    path: '/tenant-notes',
    operationId: 'createTenantNote',
    summary: 'Asks for its right in a tenant',
    permission: 'instance:create',
    query: place,
    responses: { 201: z.strictObject({ written: z.boolean() }) },
    async handle({ input: { query }, authorize, tx }) {
      authorize(query);
      auditNote(tx, 'createTenantNote', query.tenantId);
      return { status: 201, body: { written: true }, headers: { Location: '/here' } };
    },
  }),
  route({
    method: 'get',
    path: '/drifted',
    operationId: 'drift',
    summary: 'Answers with more than it declares',
    permission: 'signed-in',
    responses: { 200: z.strictObject({ declared: z.string() }) },
    handle: async () => ({ status: 200, body: { declared: 'yes', secret: 'no' } }),
  }),
  route({
    method: 'get',
    path: '/reached',
    operationId: 'reachOnly',
    summary: 'A list: asking for the reach is its check',
    permission: 'instance:read',
    query: z.strictObject({ ...pageQuery, tenantId: z.uuid().optional() }),
    responses: { 200: z.strictObject({ reach: z.unknown(), visible: z.array(z.string()) }) },
    async handle({ reach, tx }) {
      const rows = await tx.query<{ id: string }>('select id from tenants');
      return { status: 200, body: { reach: reach(), visible: rows.map(({ id }) => id) } };
    },
  }),
];

let api: TestApi;
let tenant: TestTenant;
let project: TestProject;
let administrator: ApiClient;
beforeAll(async () => {
  api = await startApi({ furtherRoutes: samples });
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  administrator = await signInAsAdministrator(api);
});
afterAll(() => api?.close());

const tenantNamed = (name: string) =>
  api.db.transaction(platformScope(), (tx) => tx.query(`select id from tenants where name = ?`, [name]));
const newText = () => uniqueName('').slice(1);

describe('what a role may do', () => {
  const ofPlatform = ['temporal:read', 'maintenance:read'];
  const reads = permissions.filter((permission) => permission.endsWith(':read') && !ofPlatform.includes(permission));
  const viewer = reads.filter((permission) => permission !== 'member:read' && permission !== 'audit:read');
  const operator = [
    ...viewer,
    ...['create', 'update', 'delete', 'start', 'stop', 'restart', 'kill', 'sync'].map((verb) => `instance:${verb}`),
    ...['create', 'update', 'publish'].map((verb) => `config:${verb}`),
    'rollout:create',
    'rollout:control',
    'drift:check',
    'operation:cancel',
    'operation:retry',
  ].filter(isPermission);
  const member = [...viewer, 'instance:create'].filter(isPermission);
  const ofAudit = ['audit:read', 'audit:export', 'audit:verify'];
  const auditor = [...viewer, 'member:read', ...ofAudit].filter(isPermission);
  const tenantAdministrator = permissions.filter(
    (permission) =>
      ![
        'tenant:create',
        'tenant:delete',
        'quota:update',
        'agent-version:create',
        'agent-version:update',
        'cluster:create',
        'cluster:update',
        'cluster:delete',
        'temporal:read',
        'maintenance:read',
        'maintenance:update',
        'prometheus:query',
        'audit:checkpoint',
      ].includes(permission),
  );
  const ofTenant = ['tenant:update', 'project:create', 'project:delete', 'role:create', 'role:update', 'role:delete'];
  const projectAdministrator = tenantAdministrator.filter(
    (permission) => ![...ofTenant, ...ofAudit].includes(permission),
  );
  const expected = {
    viewer,
    auditor,
    member,
    operator,
    'project-administrator': projectAdministrator,
    'tenant-administrator': tenantAdministrator,
  } as const;

  const granted = async (person: ApiClient, query: string): Promise<string[]> => {
    const answers = await Promise.all(
      permissions.map(async (permission) => {
        const { status, body } = await person.get(`/samples/${permission.replace(':', '/')}${query}`);
        if (status !== 200) expect(body.code).toBe('access.denied');
        return status === 200 ? [permission] : [];
      }),
    );
    return answers.flat();
  };

  for (const [role, rights] of Object.entries(expected) as [keyof typeof expected, readonly string[]][]) {
    it(`${role}: in the tenant, in all of its projects, and of the platform only what everyone chooses from`, async () => {
      const person = await signInAs(api, { role, tenantId: tenant.id });
      expect(await granted(person, `?tenantId=${tenant.id}`)).toEqual([...rights].toSorted(asListed));
      expect(await granted(person, `?tenantId=${tenant.id}&projectId=${project.id}`)).toEqual(
        [...rights].toSorted(asListed),
      );
      expect(await granted(person, '')).toEqual(['agent-version:read', 'cluster:read']);
    });
  }

  it('a role in one project says nothing about the tenant and its other projects', async () => {
    const other = await buildProject(api.db, tenant);
    const person = await signInAs(api, { role: Role.Operator, tenantId: tenant.id, projectId: project.id });
    expect(await granted(person, `?tenantId=${tenant.id}&projectId=${project.id}`)).toEqual(
      operator.toSorted(asListed),
    );
    expect(await granted(person, `?tenantId=${tenant.id}&projectId=${other.id}`)).toEqual([]);
    expect(await granted(person, `?tenantId=${tenant.id}`)).toEqual([]);
    const { body } = await person.get('/reached');
    expect(body.reach).toEqual({ tenantIds: [], projectIds: [project.id] });
  });

  it('a platform administrator may do everything everywhere', async () => {
    expect(await granted(administrator, '')).toEqual([...permissions]);
    expect(await granted(administrator, `?tenantId=${tenant.id}`)).toEqual([...permissions]);
  });

  it('a tenant that the person has no part in does not exist for him', async () => {
    const person = await signInAs(api, { role: Role.TenantAdministrator, tenantId: tenant.id });
    const other = await buildTenant(api.db);
    const { status, body } = await person.get(`/samples/instance/read?tenantId=${other.id}`);
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'request.not-found' });
    expect((await person.get('/reached')).body.visible).toEqual([tenant.id]);
    expect((await person.get(`/reached?tenantId=${other.id}`)).body.visible).toEqual([]);
  });

  it('a refusal is audited with what was asked for and by whom', async () => {
    const person = await signInAs(api, { role: Role.Viewer, tenantId: tenant.id });
    const requestId = uniqueName('request');
    await person.with({ 'X-Request-Id': requestId }).get(`/samples/instance/kill?tenantId=${tenant.id}`);
    const [entry] = await api.db.transaction(platformScope(), (tx) =>
      tx.query(`select action, outcome, tenant_id, detail from audit_entries where request_id = ?`, [requestId]),
    );
    expect(entry).toMatchObject({
      action: 'sample instance:kill',
      outcome: 'denied',
      tenant_id: tenant.id,
      detail: { reason: 'Needed: instance:kill.', roles: [['viewer', tenant.id, null]] },
    });
  });

  it('a refusal that hides a tenant is audited too, with the platform and not with that tenant', async () => {
    const person = await signInAs(api, { role: Role.TenantAdministrator, tenantId: tenant.id });
    for (const tenantId of [(await buildTenant(api.db)).id, randomUUID()]) {
      const requestId = uniqueName('request');
      const asking = person.with({ 'X-Request-Id': requestId });
      expect((await asking.get(`/samples/instance/kill?tenantId=${tenantId}`)).status).toBe(404);
      const [entry] = await api.db.transaction(platformScope(), (tx) =>
        tx.query(`select action, outcome, tenant_id, detail from audit_entries where request_id = ?`, [requestId]),
      );
      expect(entry).toMatchObject({
        action: 'sample instance:kill',
        outcome: 'denied',
        tenant_id: null,
        detail: { on: { tenantId }, reason: 'hidden' },
      });
    }
  });

  it('what a member is told does not exist is audited, once a minute, whether or not it is another tenant’s', async () => {
    const person = await signInAs(api, { role: Role.Viewer, tenantId: tenant.id });
    const theirs = await buildProject(api.db, await buildTenant(api.db));
    for (const id of [theirs.id, randomUUID()]) {
      const requestIds = [uniqueName('request'), uniqueName('request'), uniqueName('request')];
      for (const requestId of requestIds) {
        const answer = await person.with({ 'X-Request-Id': requestId }).get(`/projects/${id}`);
        expect(answer.body.code).toBe('project.unknown');
      }
      const entries = await api.db.transaction(platformScope(), (tx) =>
        tx.query(
          `select request_id as "requestId", tenant_id as "tenantId", outcome, detail->>'reason' as reason
           from audit_entries where object_id = ?`,
          [id],
        ),
      );
      expect(entries).toEqual([{ requestId: requestIds[0], tenantId: null, outcome: 'denied', reason: 'hidden' }]);
      const [repeat] = await api.db.transaction(platformScope(), (tx) =>
        tx.query(`select count from audit_repeats where entry->>'object_id' = ?`, [id]),
      );
      expect(repeat).toEqual({ count: 3 });
    }
  });

  it('what was counted of a minute becomes one more entry when it is over', async () => {
    const person = await signInAs(api, { role: Role.Viewer, tenantId: tenant.id });
    const id = randomUUID();
    for (let time = 0; time < 3; time += 1) await person.get(`/projects/${id}`);
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update audit_repeats set ends_at = now() where entry->>'object_id' = ?`, [id]),
    );
    await sealOnce(api.db);
    const entries = await api.db.transaction(platformScope(), (tx) =>
      tx.query(`select detail->>'repeated' as repeated from audit_entries where object_id = ? order by sequence`, [id]),
    );
    expect(entries).toEqual([{ repeated: null }, { repeated: '2' }]);
    const answer = await person.get(`/projects/${id}`);
    expect(answer.status).toBe(404);
    const [again] = await api.db.transaction(platformScope(), (tx) =>
      tx.query(`select count(*)::int as count from audit_entries where object_id = ?`, [id]),
    );
    expect(again).toEqual({ count: 3 });
  });

  it('nobody is refused before he has said who he is', async () => {
    expect((await api.anyone.get('/samples/instance/read')).body.code).toBe('access.unauthenticated');
  });

  it('a handler that forgets to ask is our fault: 500, and nothing of it remains', async () => {
    const text = newText();
    const { status, body } = await administrator.post('/forgotten', { text });
    expect({ status, code: body.code }).toEqual({ status: 500, code: 'server.error' });
    expect(body.detail).toBeUndefined();
    expect(await tenantNamed(text)).toEqual([]);
  });

  it('the right of an option does not stand for the route’s own: 500', async () => {
    const person = await signInAs(api, { role: Role.Viewer, tenantId: tenant.id });
    const { status, body } = await person.get(`/half-asked?tenantId=${tenant.id}`);
    expect({ status, code: body.code }).toEqual({ status: 500, code: 'server.error' });
  });
});

describe('a request that comes twice with one Idempotency-Key', () => {
  const keyed = () => ({ 'Idempotency-Key': uniqueName('key') });

  it('is carried out once and answered alike', async () => {
    const key = keyed();
    const text = newText();
    const first = await administrator.post('/notes', { text }, key);
    const second = await administrator.post('/notes', { text }, key);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('ETag')).toBe('"1"');
    expect(second.headers.get('Location')).toBe('/here');
    expect([first, second].map(({ headers }) => headers.get('Idempotency-Replayed'))).toEqual([null, 'true']);
  });

  it('waits for the first when both come at once', async () => {
    const key = keyed();
    const text = newText();
    const before = handled;
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const both = [0, 1].map(() => administrator.post('/notes', { text }, key));
    await expect.poll(() => handled).toBe(before + 1);
    resolve();
    const answers = await Promise.all(both);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(handled).toBe(before + 1);
    expect(await tenantNamed(text)).toHaveLength(1);
  });

  it('is another request for another body, another person, or after a failure', async () => {
    const key = keyed();
    const text = newText();
    const failed = await administrator.post('/notes?fail=yes', { text }, key);
    expect(failed.body).toMatchObject({ code: 'tenant.busy', detail: 'asked for', operationId: 'some-id' });
    expect(await tenantNamed(text)).toEqual([]);
    expect((await administrator.post('/notes', { text }, key)).status).toBe(201);
    const mismatch = await administrator.post('/notes', { text: newText() }, key);
    expect(mismatch.body.code).toBe('request.idempotency-mismatch');
    const other = await signInAsAdministrator(api);
    expect((await other.post('/notes', { text: newText() }, key)).status).toBe(201);
  });

  it('is not answered again to somebody whose right was taken away', async () => {
    const key = keyed();
    const person = await signInAs(api, { role: Role.Operator, tenantId: tenant.id });
    const ask = () => person.post(`/tenant-notes?tenantId=${tenant.id}`, undefined, key);
    expect((await ask()).status).toBe(201);
    expect((await ask()).headers.get('Idempotency-Replayed')).toBe('true');
    const { body: me } = await person.get('/me');
    const change = (sql: string) =>
      api.db.transaction(platformScope(), (tx) => tx.query(`${sql} where user_id = ?`, [me.id]));
    await change(`update role_assignments set role = 'viewer'`);
    expect((await ask()).body).toMatchObject({ status: 403, code: 'access.denied' });
    await change(`delete from role_assignments`);
    expect((await ask()).body).toMatchObject({ status: 404, code: 'request.not-found' });
  });

  it('needs a key of visible ASCII', async () => {
    for (const key of ['with space', '']) {
      const { body } = await administrator.post('/notes', { text: newText() }, { 'Idempotency-Key': key });
      expect(body).toMatchObject({ code: 'request.invalid', errors: [{ pointer: '/headers/Idempotency-Key' }] });
    }
  });
});

describe('what is sent', () => {
  const path = '/notes/01a2039e-1979-7299-a2a6-7476714c25b3';
  const send = (body: unknown, headers: Record<string, string> = { 'If-Match': '"7"' }, at = path) =>
    administrator.request('PUT', at, { body, headers });

  it('is checked whole: every fault with its pointer', async () => {
    const { status, body } = await send(
      { text: 'far too long a text', tags: [{ 'a/b': 'x', 'c~d': 1 }], more: true },
      undefined,
      '/notes/7?page=1',
    );
    expect(status).toBe(422);
    expect(body).toMatchObject({ type: 'urn:open-cluster-claw:problem:request.invalid', status: 422 });
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/more',
      '/params/id',
      '/query/page',
      '/tags/0/a~1b',
      '/tags/0/c~0d',
      '/text',
    ]);
  });

  it('must be JSON, said to be JSON, of a bearable size, without U+0000', async () => {
    const code = async (...request: Parameters<typeof send>) => (await send(...request)).body.code;
    expect(await code('{"text": ')).toBe('request.malformed');
    expect(await code('"text"')).toBe('request.malformed');
    expect(await code('text=1', { 'If-Match': '"7"', 'Content-Type': 'text/plain' })).toBe(
      'request.unsupported-media-type',
    );
    expect(await code({ text: 'x'.repeat(300_000) })).toBe('request.too-large');
    expect(await code({ text: 'a\u0000b' })).toBe('request.invalid');
    expect(await code('{"text": "a\\ud800b"}')).toBe('request.invalid');
    expect(await code({ text: 'ok' }, undefined, `${path}?x=%00`)).toBe('request.invalid');
    expect(await code(undefined)).toBe('request.invalid');
  });

  it('names the version that it changes', async () => {
    const answer = async (headers: Record<string, string>) => {
      const { status, body } = await send({ text: 'ok' }, headers);
      return [status, body.code ?? body.expected];
    };
    expect(await answer({ 'If-Match': '"7"' })).toEqual([200, 7]);
    expect(await answer({})).toEqual([428, 'request.precondition-required']);
    for (const header of ['W/"7"', '7', '*', '"7", "8"', '"x"']) {
      expect(await answer({ 'If-Match': header })).toEqual([412, 'request.stale']);
    }
  });
});

describe('what is answered', () => {
  it('has the caller’s request id when it is well-formed, else a new one, in header and problem', async () => {
    const asked = await administrator.with({ 'X-Request-Id': 'trace-12345678' }).get('/none');
    expect(asked.headers.get('X-Request-Id')).toBe('trace-12345678');
    expect(asked.body.instance).toBe('trace-12345678');
    const odd = await administrator.with({ 'X-Request-Id': 'has "quotes" in it' }).get('/none');
    expect(odd.body.instance).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is a problem for what does not exist, and names the methods that do', async () => {
    const unknown = await administrator.get('/none');
    expect(unknown.headers.get('Content-Type')).toBe('application/problem+json');
    expect(unknown.body).toMatchObject({ status: 404, code: 'request.not-found' });
    const method = await administrator.request('PATCH', '/notes');
    expect(method.status).toBe(405);
    expect(method.headers.get('Allow')).toBe('POST');
    // Which is no instance of that name, either.
    const plain = await administrator.request('DELETE', '/instances/preview');
    expect(plain.status).toBe(405);
    expect(plain.headers.get('Allow')).toBe('POST');
    expect((await fetch(`${api.url}/elsewhere`)).status).toBe(404);
  });

  it('fails when it drifts from its declaration', async () => {
    expect((await administrator.get('/drifted')).body.code).toBe('server.error');
  });

  it('carries the security headers', async () => {
    const { headers } = await administrator.get('/none');
    expect(headers.get('Content-Security-Policy')).toContain("script-src 'self'");
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Strict-Transport-Security')).toContain('max-age');
  });

  it('is 503 while the database cannot be reached, and says so in readiness', async () => {
    const lost = await startApi();
    const person = await signInAsAdministrator(lost);
    await lost.database.drop();
    expect((await person.get('/me')).body.code).toBe('server.unavailable');
    expect((await fetch(`${lost.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${lost.url}/healthz`)).status).toBe(200);
    await lost.close();
  });

  it('is counted by route, never by path', async () => {
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain('route="/notes/:id"');
    expect(metrics).not.toContain('01a2039e');
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  });
});

describe('the description at /openapi.json', () => {
  it('has every route of this very process, and OpenAPI 3.1', async () => {
    const { body } = await api.anyone.get('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(body.paths['/api/v1/instances/{id}'].put.parameters).toContainEqual(
      expect.objectContaining({ in: 'header', name: 'If-Match', required: true }),
    );
    expect(body.paths['/api/v1/instances'].post.responses['202'].headers.Location).toBeDefined();
  });
});

const asListed = (a: string, b: string): number => listed.indexOf(a) - listed.indexOf(b);
const listed: readonly string[] = permissions;
