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

const invite = async (more: object = {}, by = administrator) =>
  by.post('/invitations', { tenantId: tenant.id, role: 'operator', note: 'for Ada', ...more });
const accept = (who: ApiClient, token: string) => who.post('/invitations/accept', { token });

describe('an invitation', () => {
  it('gives its role to somebody who has an account, in one more tenant', async () => {
    const project = await buildProject(api.db, tenant);
    const { status, body } = await invite({ projectId: project.id });
    expect(status).toBe(201);
    expect(body).toMatchObject({ role: 'operator', projectName: project.name, note: 'for Ada' });
    expect(body.url).toBe(`https://portal.example.test/invitation#${body.token}`);

    const elsewhere = await buildTenant(api.db);
    const person = await signInAs(api, { role: 'viewer', tenantId: elsewhere.id });
    const offer = await api.anyone.post('/invitations/look', { token: body.token });
    expect(offer.body).toMatchObject({ tenantName: `Display of ${tenant.name}`, role: 'operator' });
    expect(offer.body).not.toHaveProperty('note');
    expect(await accept(person, body.token)).toMatchObject({
      status: 200,
      body: { tenantId: tenant.id, projectId: project.id },
    });
    expect((await person.get('/me')).body.tenants).toHaveLength(2);
    expect((await person.get(`/projects/${project.id}`)).status).toBe(200);
    expect((await accept(person, body.token)).body.code).toBe('invitation.invalid');
    expect((await administrator.get(`/invitations?tenantId=${tenant.id}`)).body.total).toBe(0);
  });

  it('makes an account for who has none', async () => {
    const { body } = await invite();
    const account = { token: body.token, name: uniqueName('new'), password: 'a password of one’s own' };
    const taken = await buildUser(api.db);
    const refused = await api.anyone.post('/invitations/register', { ...account, name: taken.name });
    expect(refused.body.errors).toMatchObject([{ pointer: '/name' }]);
    expect((await api.anyone.post('/invitations/register', account)).status).toBe(200);
    const person = await signIn(api.anyone, account);
    expect((await person.get('/me')).body.assignments).toMatchObject([{ role: 'operator', tenantId: tenant.id }]);
    const again = { ...account, name: uniqueName('new') };
    expect((await api.anyone.post('/invitations/register', again)).body.code).toBe('invitation.invalid');
  });

  it('is for one of two who come with it at the same moment', async () => {
    const { body } = await invite();
    const people = await Promise.all([signInAs(api), signInAs(api)]);
    const answers = await Promise.all(people.map((person) => accept(person, body.token)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404]);
  });

  it('is worth nothing once it is withdrawn, too old, or its role is gone', async () => {
    const person = await signInAs(api);
    const withdrawn = (await invite()).body;
    expect((await administrator.delete(`/invitations/${withdrawn.id}`)).status).toBe(204);
    const old = (await invite()).body;
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update invitations set expires_at = now() where id = ?`, [old.id]),
    );
    const { body: role } = await administrator.post('/roles', {
      tenantId: tenant.id,
      name: 'Passing',
      grants: ['instance:read'],
    });
    const roleless = (await invite({ role: role.id })).body;
    expect(roleless.roleName).toBe('Passing');
    expect((await administrator.delete(`/roles/${role.id}`, '"1"')).status).toBe(204);
    for (const { token } of [withdrawn, old, roleless, { token: 'never made' }]) {
      expect((await accept(person, token)).body.code).toBe('invitation.invalid');
      expect((await api.anyone.post('/invitations/look', { token })).body.code).toBe('invitation.invalid');
    }
    expect((await administrator.get(`/invitations?tenantId=${tenant.id}`)).body.total).toBe(0);
  });

  it('outlives neither the rights of who made it nor his membership', async () => {
    const second = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    const { body } = await invite({ role: 'tenant-administrator' }, second);
    const { id: userId } = (await second.get('/me')).body;
    const { body: list } = await administrator.get(`/members?tenantId=${tenant.id}&userId=${userId}`);
    await administrator.patch(`/members/${list.items[0].id}`, { role: 'operator' }, '"1"');
    expect((await accept(await signInAs(api), body.token)).body.code).toBe('invitation.invalid');
  });

  it('offers no more than who makes it has, and is nobody’s business elsewhere', async () => {
    const project = await buildProject(api.db, tenant);
    const lead = await signInAs(api, { role: 'project-administrator', tenantId: tenant.id, projectId: project.id });
    expect((await invite({}, lead)).status).toBe(403);
    expect((await invite({ projectId: project.id, role: 'tenant-administrator' }, lead)).status).toBe(403);
    const { body } = await invite({ projectId: project.id }, lead);
    const stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: (await buildTenant(api.db)).id });
    expect((await stranger.get(`/invitations?tenantId=${tenant.id}`)).body.total).toBe(0);
    expect((await stranger.delete(`/invitations/${body.id}`)).body.code).toBe('invitation.unknown');
    expect((await invite({}, stranger)).status).toBe(404);
  });

  it('is kept without its token', async () => {
    const { body } = await invite();
    const rows = await api.db.transaction(platformScope(), (tx) =>
      tx.query<{ row: string }>(`select to_jsonb(v)::text as row from invitations v where id = ?`, [body.id]),
    );
    expect(rows[0]?.row).not.toContain(body.token);
  });
});
