import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildUser, signIn, signInAs, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let tenant: TestTenant;
let administrator: ApiClient;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(async () => {
  tenant = await buildTenant(api.db);
  administrator = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
});
afterAll(() => api?.close());

const add = async (role: string, projectId?: string) =>
  (await administrator.post('/members', { tenantId: tenant.id, projectId, name: uniqueName('added'), role })).body;

const membershipOf = async (who: ApiClient) => {
  const { body } = await administrator.get(`/members?tenantId=${tenant.id}&userId=${(await who.get('/me')).body.id}`);
  return body.items[0];
};

describe('members of a tenant', () => {
  it('are listed by name, filtered by role, person and part of a name', async () => {
    const project = await buildProject(api.db, tenant);
    const [one, two] = [await add('viewer'), await add('operator', project.id)];
    const ids = async (query: string) =>
      (await administrator.get(`/members?tenantId=${tenant.id}${query}`)).body.items.map(
        ({ id }: { id: string }) => id,
      );
    expect(await ids('&role=operator')).toEqual([two.id]);
    expect(await ids(`&name=${one.name.slice(0, -1)}`)).toEqual([one.id]);
    expect(await ids(`&projectId=${project.id}`)).toEqual([two.id]);
    expect(
      (await administrator.get(`/members?tenantId=${tenant.id}&userId=${two.userId}`)).body.items[0],
    ).toMatchObject({
      projectName: project.name,
      roleName: null,
      generation: 1,
      permissions: ['member:update', 'member:delete'],
    });
  });

  it('get another role, from the next request on', async () => {
    const made = await add('viewer');
    const person = await signIn(api.anyone, made);
    const project = { tenantId: tenant.id, name: 'made' };
    expect((await person.post('/projects', project)).status).toBe(403);
    const changed = await administrator.patch(`/members/${made.id}`, { role: 'tenant-administrator' }, '"1"');
    expect(changed.body).toMatchObject({ role: 'tenant-administrator', generation: 2 });
    expect(changed.headers.get('ETag')).toBe('"2"');
    expect((await person.post('/projects', project)).status).toBe(201);
    expect((await administrator.patch(`/members/${made.id}`, { role: 'viewer' }, '"1"')).body.code).toBe(
      'request.stale',
    );
    expect((await administrator.request('DELETE', `/members/${made.id}`)).status).toBe(428);
  });

  it('keep the role that they have when it is given to them again, and that is one entry', async () => {
    const made = await add('viewer');
    const requestId = uniqueName('request');
    const { status, body } = await administrator
      .with({ 'X-Request-Id': requestId })
      .patch(`/members/${made.id}`, { role: 'viewer' }, '"1"');
    expect({ status, ...body }).toMatchObject({ status: 200, role: 'viewer', generation: 1 });
    const entries = await api.db.transaction(platformScope(), (tx) =>
      tx.query(`select action, outcome from audit_entries where request_id = ?`, [requestId]),
    );
    expect(entries).toEqual([{ action: 'member.update', outcome: 'succeeded' }]);
  });

  it('hold a role once in one place', async () => {
    const made = await add('viewer');
    const { body: second } = await administrator.post('/members', {
      tenantId: tenant.id,
      name: made.name,
      role: 'operator',
    });
    const { body } = await administrator.patch(`/members/${second.id}`, { role: 'viewer' }, '"1"');
    expect(body.code).toBe('member.exists');
  });

  it('cannot be raised by who holds less, nor brought down by him', async () => {
    const project = await buildProject(api.db, tenant);
    const lead = await signInAs(api, { role: 'project-administrator', tenantId: tenant.id, projectId: project.id });
    const [inProject, inTenant] = [await add('viewer', project.id), await add('viewer')];
    expect((await lead.patch(`/members/${inProject.id}`, { role: 'operator' }, '"1"')).status).toBe(200);
    const above = await lead.patch(`/members/${inProject.id}`, { role: 'tenant-administrator' }, '"2"');
    expect(above.body).toMatchObject({ code: 'access.denied', detail: expect.stringContaining('role:create') });
    expect((await lead.patch(`/members/${inTenant.id}`, { role: 'operator' }, '"1"')).status).toBe(403);
    const superior = await add('tenant-administrator', project.id);
    expect((await lead.delete(`/members/${superior.id}`, '"1"')).status).toBe(403);
    const listed = await lead.get(`/members?projectId=${project.id}&userId=${superior.userId}`);
    expect(listed.body.items[0].permissions).toEqual([]);
  });

  it('of several tenants are one person, who sees each', async () => {
    const other = await buildTenant(api.db);
    const user = await buildUser(
      api.db,
      { role: 'viewer', tenantId: tenant.id },
      { role: 'operator', tenantId: other.id },
    );
    const person = await signIn(api.anyone, user);
    const { body } = await person.get('/me');
    expect(body.tenants.map(({ id }: { id: string }) => id).toSorted()).toEqual([tenant.id, other.id].toSorted());
    await administrator.delete(`/members/${(await membershipOf(person)).id}`, '"1"');
    expect((await person.get('/me')).body.tenants).toMatchObject([{ id: other.id }]);
  });
});

describe('the last administrator of a tenant', () => {
  it('can neither be removed nor lose the role, also not by himself', async () => {
    const { id } = await membershipOf(administrator);
    expect((await administrator.delete(`/members/${id}`, '"1"')).body.code).toBe('member.last-administrator');
    const lowered = await administrator.patch(`/members/${id}`, { role: 'viewer' }, '"1"');
    expect(lowered.body.code).toBe('member.last-administrator');
    await add('tenant-administrator', (await buildProject(api.db, tenant)).id);
    expect((await administrator.delete(`/members/${id}`, '"1"')).body.code).toBe('member.last-administrator');
    await add('tenant-administrator');
    expect((await administrator.delete(`/members/${id}`, '"1"')).status).toBe(204);
  });

  it('stays, though two administrators remove each other at the same moment', async () => {
    const second = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    const [ofFirst, ofSecond] = [await membershipOf(administrator), await membershipOf(second)];
    const answers = await Promise.all([
      administrator.delete(`/members/${ofSecond.id}`, '"1"'),
      second.delete(`/members/${ofFirst.id}`, '"1"'),
    ]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
    const { body } = await (statuses[0] === 204 ? administrator : second).get(
      `/members?tenantId=${tenant.id}&role=tenant-administrator`,
    );
    expect(body.total).toBe(1);
  });
});
