import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let tenant: TestTenant;
let project: TestProject;
let member: ApiClient;
let operator: ApiClient;
let viewer: ApiClient;
let stranger: ApiClient;

beforeAll(async () => {
  api = await startApi();
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  member = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
  operator = await signInAs(api, { role: 'operator', tenantId: tenant.id });
  viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
  stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: (await buildTenant(api.db)).id });
});
afterAll(() => api.close());

const configuration = { logging: { level: 'warn' } };
const variables = { properties: { level: { type: 'string', enum: ['warn', 'debug'], default: 'warn' } } };

const newConfig = (more: object = {}) => ({
  tenantId: tenant.id,
  name: uniqueName('config'),
  agentKind: 'openclaw',
  configuration,
  ...more,
});
const create = async (more: object = {}) => (await member.post('/configs', newConfig(more))).body;
const pointersOf = ({ body }: ApiAnswer): string[] =>
  (body.errors ?? []).map((fault: { pointer: string }) => fault.pointer);

describe('a configuration template', () => {
  it('begins as a draft with one version, written by whoever made it', async () => {
    const answer = await operator.post('/configs', newConfig({ reason: 'quieter', variables, locks: ['/logging'] }));
    expect(answer).toMatchObject({
      status: 201,
      body: {
        tenantName: tenant.name,
        projectId: null,
        agentKind: 'openclaw',
        status: 'draft',
        latestVersion: 1,
        publishedVersion: null,
        instances: 0,
        outdated: 0,
        permissions: ['config:update', 'config:publish'],
        latest: { version: 1, status: 'draft', reason: 'quieter', configuration, variables, locks: ['/logging'] },
      },
    });
    expect(answer.headers.get('Location')).toBe(`/api/v1/configs/${answer.body.id}`);
    const read = await viewer.get(`/configs/${answer.body.id}`);
    expect(read.body).toEqual({ ...answer.body, permissions: [] });
    expect(read.headers.get('ETag')).toBe('"1"');
  });

  it('gets a version for changed content only, and keeps every version as it was', async () => {
    const { id, name } = await create();
    const change = { name, configuration: { logging: { level: 'debug' } }, reason: 'to see more' };
    const changed = await operator.put(`/configs/${id}`, change, '"1"');
    expect(changed).toMatchObject({ status: 200, body: { latestVersion: 2, latest: { reason: 'to see more' } } });
    const renamed = await operator.put(`/configs/${id}`, { ...change, description: 'of the house' }, '"2"');
    expect(renamed.body).toMatchObject({ latestVersion: 2, generation: 3, description: 'of the house' });
    expect((await operator.put(`/configs/${id}`, change, '"1"')).status).toBe(412);

    const versions = await viewer.get(`/configs/${id}/versions?limit=1`);
    expect(versions.body).toMatchObject({ total: 2, items: [{ version: 2, status: 'draft', instances: 0 }] });
    const older = await viewer.get(`/configs/${id}/versions?limit=1&cursor=${versions.body.next}`);
    expect(older.body).toMatchObject({ next: null, items: [{ version: 1 }] });
    const first = await viewer.get(`/configs/${id}/versions/1`);
    expect(first.body).toMatchObject({ version: 1, configuration });
    expect(await viewer.get(`/configs/${id}/versions/3`)).toMatchObject({
      status: 404,
      body: { code: 'config.version-unknown' },
    });
  });

  it('shows what differs between two of its versions, variables and locks too', async () => {
    const { id, name } = await create({ configuration: { native: { a: 1, b: [1, 2] } } });
    const next = { name, configuration: { native: { b: [1, 3] } }, variables, locks: ['/native'] };
    await member.put(`/configs/${id}`, next, '"1"');
    const { body } = await viewer.get(`/configs/${id}/diff?from=1&to=2`);
    expect(body.changes).toEqual([
      { pointer: '/configuration/native/a', kind: 'removed', from: 1 },
      { pointer: '/configuration/native/b/1', kind: 'changed', from: 2, to: 3 },
      { pointer: '/variables/properties', kind: 'added', to: variables.properties },
      { pointer: '/locks/0', kind: 'added', to: '/native' },
    ]);
    expect((await viewer.get(`/configs/${id}/diff?from=1&to=9`)).body.code).toBe('config.version-unknown');
    expect((await viewer.get(`/configs/${id}/diff?from=1&to=x`)).status).toBe(422);
  });

  const deep = JSON.parse('{"native":'.repeat(60) + '{}' + '}'.repeat(60));
  it.each([
    [
      'a value of the wrong type',
      { configuration: { agent: { heartbeatMinutes: 'often' } } },
      'request.unfit',
      '/configuration/agent/heartbeatMinutes',
    ],
    ['an unknown field', { configuration: { agents: {} } }, 'request.unfit', '/configuration/agents'],
    [
      'a variable that nobody declared',
      { configuration: { native: { a: { $variable: 'x' } } } },
      'request.unfit',
      '/configuration/native/a',
    ],
    [
      'a reference with more beside it',
      { configuration: { native: { a: { $variable: 'x', b: 1 } } } },
      'request.unfit',
      '/configuration/native/a',
    ],
    [
      'a schema that refers elsewhere',
      { variables: { $ref: 'https://example.com/x' } },
      'config.schema-invalid',
      '/variables/$ref',
    ],
    [
      'a default that the schema refuses',
      { variables: { properties: { n: { type: 'integer', default: 'x' } } } },
      'config.schema-invalid',
      '/variables/properties/n/default',
    ],
    ['nesting without end', { configuration: deep }, 'request.unfit', '/configuration'],
    ['a lock that is no pointer', { locks: ['logging'] }, 'request.invalid', '/locks/0'],
    ['an unknown kind of agent', { agentKind: 'abacus' }, 'agent.kind-unknown', null],
    ['a name that is none', { name: 'No Name' }, 'request.invalid', '/name'],
  ])('is refused with %s', async (_case, more, code, pointer) => {
    const answer = await member.post('/configs', newConfig(more));
    expect(answer).toMatchObject({ status: 422, body: { code } });
    if (pointer !== null) expect(pointersOf(answer)).toContain(pointer);
  });

  it('has a name of its own in the tenant, and in each project beside it', async () => {
    const { name } = await create();
    expect(await member.post('/configs', newConfig({ name }))).toMatchObject({
      status: 409,
      body: { code: 'config.name-taken' },
    });
    expect((await member.post('/configs', newConfig({ name, projectId: project.id }))).status).toBe(201);
    const other = await create();
    const taken = await member.put(`/configs/${other.id}`, { name, configuration }, '"1"');
    expect(taken.body.code).toBe('config.name-taken');
  });

  it('is deleted where nothing was ever made from it, else kept as retired; never while something is bound', async () => {
    const unused = await create();
    expect((await operator.delete(`/configs/${unused.id}`, '"1"')).status).toBe(403);
    expect((await member.delete(`/configs/${unused.id}`, '"1"')).status).toBe(204);
    expect((await member.get(`/configs/${unused.id}`)).status).toBe(404);

    const used = await create();
    const instance = await buildInstance(api.db, { project, clusterId: (await buildCluster(api.db)).id });
    await bind(instance.id, used.id);
    expect(await member.delete(`/configs/${used.id}`, '"1"')).toMatchObject({
      status: 409,
      body: { code: 'config.in-use', instances: 1 },
    });
    await bind(instance.id, null);
    expect((await member.delete(`/configs/${used.id}`, '"1"')).status).toBe(204);
    expect((await member.get(`/configs/${used.id}`)).body).toMatchObject({ status: 'retired', generation: 2 });
    for (const [path, body] of Object.entries({ publish: {}, rollback: { toVersion: 1, reason: 'x' } })) {
      const refused = await member.post(`/configs/${used.id}/${path}`, body);
      expect(refused).toMatchObject({ status: 409, body: { code: 'config.retired' } });
    }
    const change = await member.put(`/configs/${used.id}`, { name: used.name, configuration }, '"2"');
    expect(change.body.code).toBe('config.retired');
  });

  it('is listed by project, status, kind and part of its name, a page at a time', async () => {
    const mark = uniqueName('listed');
    const ofTenant = await create({ name: `${mark}-a` });
    const ofProject = await create({ name: `${mark}-b`, projectId: project.id });
    const elsewhere = await create({ name: `${mark}-c`, projectId: (await buildProject(api.db, tenant)).id });
    await member.post(`/configs/${ofTenant.id}/publish`, {});
    const list = async (query: string) => {
      const { body } = await viewer.get(`/configs?name=${mark}&${query}`);
      return body.items.map(({ id }: { id: string }) => id);
    };
    expect(await list('')).toEqual([ofTenant.id, ofProject.id, elsewhere.id]);
    expect(await list('sort=-name&limit=1')).toEqual([elsewhere.id]);
    expect(await list(`projectId=${project.id}`)).toEqual([ofTenant.id, ofProject.id]);
    expect(await list('status=published')).toEqual([ofTenant.id]);
    expect(await list('agentKind=other')).toEqual([]);
  });
});

describe('rights to configuration templates', () => {
  it('let a viewer read and nothing else, and hide templates from other tenants', async () => {
    const { id, name } = await create();
    const change = { name, configuration };
    expect((await viewer.post('/configs', newConfig())).status).toBe(403);
    expect((await viewer.put(`/configs/${id}`, change, '"1"')).status).toBe(403);
    expect((await viewer.delete(`/configs/${id}`, '"1"')).status).toBe(403);
    expect((await viewer.post(`/configs/${id}/publish`, {})).status).toBe(403);
    expect((await viewer.post(`/configs/${id}/rollback`, { reason: 'x' })).status).toBe(403);
    expect((await viewer.post(`/configs/${id}/validate`, {})).status).toBe(200);

    expect((await stranger.get('/configs')).body.total).toBe(0);
    for (const path of ['', '/versions', '/versions/1', '/diff?from=1&to=1']) {
      expect(await stranger.get(`/configs/${id}${path}`)).toMatchObject({
        status: 404,
        body: { code: 'config.unknown' },
      });
    }
    for (const path of ['validate', 'publish']) {
      expect((await stranger.post(`/configs/${id}/${path}`, {})).status).toBe(404);
    }
    expect((await stranger.put(`/configs/${id}`, change, '"1"')).status).toBe(404);
    expect((await stranger.post('/configs', newConfig())).status).toBe(404);
    const theirs = await buildProject(api.db, await buildTenant(api.db));
    expect((await member.post('/configs', newConfig({ projectId: theirs.id }))).body.code).toBe('project.unknown');
  });

  it('let the members of a project read what its tenant has for all, and change only their own', async () => {
    const inProject = await signInAs(api, { role: 'operator', tenantId: tenant.id, projectId: project.id });
    const shared = await create();
    const own = await create({ projectId: project.id });
    const other = await create({ projectId: (await buildProject(api.db, tenant)).id });
    expect((await inProject.get(`/configs/${shared.id}`)).body.permissions).toEqual([]);
    expect((await inProject.get(`/configs/${own.id}`)).body.permissions).toEqual(['config:update', 'config:publish']);
    expect((await inProject.get(`/configs/${other.id}`)).status).toBe(404);
    const listed = (await inProject.get('/configs?limit=200')).body.items.map(({ id }: { id: string }) => id);
    expect(listed).toEqual(expect.arrayContaining([shared.id, own.id]));
    expect(listed).not.toContain(other.id);
    const change = { name: shared.name, configuration };
    expect((await inProject.put(`/configs/${shared.id}`, change, '"1"')).status).toBe(403);
  });

  it('are told in the audit and as events', async () => {
    const { id, name } = await create();
    await member.put(`/configs/${id}`, { name, configuration: {}, reason: 'less' }, '"1"');
    await member.post(`/configs/${id}/publish`, { reason: 'now' });
    const written = await api.db.transaction(platformScope(), (tx) =>
      tx.query<{ action: string }>('select action from audit_entries where object_id = ? order by created_at, id', [
        id,
      ]),
    );
    expect(written.map(({ action }) => action)).toEqual(['config.create', 'config.update', 'config.publish']);
    const events = await member.get(`/events?tenantId=${tenant.id}&limit=200`);
    const types = events.body.items
      .filter(({ data }: { data: { id?: string } }) => data.id === id)
      .map(({ type }: { type: string }) => type);
    expect(types.toSorted()).toEqual(['config.created', 'config.published', 'config.updated']);
  });

  it('do not tell that there is no such template apart from one that is hidden', async () => {
    const { id } = await create();
    const [hidden, nothing] = [await stranger.get(`/configs/${id}`), await stranger.get(`/configs/${randomUUID()}`)];
    expect({ ...hidden.body, requestId: '', detail: '', instance: '' }).toEqual({
      ...nothing.body,
      requestId: '',
      detail: '',
      instance: '',
    });
  });
});

const bind = (instanceId: string, templateId: string | null) =>
  api.db.transaction(platformScope(), async (tx) => {
    const version = templateId === null ? null : 1;
    await tx.query('update instances set template_id = ?, template_version = ? where id = ?', [
      templateId,
      version,
      instanceId,
    ]);
    if (templateId === null) return;
    await tx.query('update revisions set template_id = ?, template_version = ? where instance_id = ?', [
      templateId,
      version,
      instanceId,
    ]);
  });
