import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTokens } from '../../server/identity/access-token.ts';
import { ensureAdministrator } from '../../server/identity/commands/ensure-administrator.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { buildUser, signIn, signInAs, uniqueName, type TestUser } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildTenant } from '../factories/tenants.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const byPassword = ({ name, password }: TestUser) => ({ grant_type: 'password', username: name, password });
const bearer = (token: string) => api.anyone.with({ Authorization: `Bearer ${token}` });

describe('signing in to the portal', () => {
  it('sets a host-bound cookie that scripts cannot read, and answers who it is', async () => {
    const user = await buildUser(api.db);
    const answer = await api.anyone.post('/auth/login', { name: user.name, password: user.password });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: user.id, name: user.name, assignments: [], permissions: [] });
    expect(answer.headers.get('Set-Cookie')).toMatch(
      /^__Host-occ_session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
  });

  it('answers alike for a wrong password, an unknown name and a disabled account, and audits each', async () => {
    const user = await buildUser(api.db);
    const disabled = await buildUser(api.db);
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update users set disabled = true where id = ?`, [disabled.id]),
    );
    const attempts = [
      { name: user.name, password: 'not this one' },
      { name: uniqueName('nobody'), password: 'not this one' },
      { name: disabled.name, password: disabled.password },
    ];
    for (const attempt of attempts) {
      const { status, body, headers } = await api.anyone.post('/auth/login', attempt);
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'access.credentials-wrong' });
      expect(headers.get('Set-Cookie')).toBeNull();
    }
    const reasons = await api.db.transaction(platformScope(), (tx) =>
      tx.query<{ reason: string }>(
        `select detail->>'reason' as reason from audit_entries where actor_name = any (array[?]) order by created_at`,
        [attempts.map(({ name }) => name)],
      ),
    );
    expect(reasons.map(({ reason }) => reason)).toEqual(['password wrong', 'name unknown', 'account disabled']);
  });

  it('does not hold connections while passwords are checked, however many sign in at once', async () => {
    const user = await buildUser(api.db);
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => api.anyone.post('/auth/login', { name: user.name, password: user.password })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 24 }, () => 200));
  });

  it('ends with sign-out, at once and for good', async () => {
    const person = await signInAs(api);
    expect((await person.get('/me')).status).toBe(200);
    const answer = await person.post('/auth/logout');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('Set-Cookie')).toContain('Max-Age=0');
    expect((await person.get('/me')).body.code).toBe('access.unauthenticated');
  });

  it('takes a session that has run out for nobody’s', async () => {
    const user = await buildUser(api.db);
    const person = await signIn(api.anyone, user);
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update sessions set expires_at = now() - interval '1 second' where user_id = ?`, [user.id]),
    );
    expect((await person.get('/me')).status).toBe(401);
  });

  it('shows what the person holds, read anew at each request', async () => {
    const tenant = await buildTenant(api.db);
    const user = await buildUser(api.db, { role: 'viewer', tenantId: tenant.id });
    const person = await signIn(api.anyone, user);
    const { body } = await person.get('/me');
    expect(body).toMatchObject({
      assignments: [{ role: 'viewer', tenantId: tenant.id, projectId: null }],
      tenants: [{ id: tenant.id, name: tenant.name }],
      permissions: ['agent-version:read', 'cluster:read'],
      temporalUiUrl: null,
    });
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`delete from role_assignments where user_id = ?`, [user.id]),
    );
    expect((await person.get('/me')).body).toMatchObject({ assignments: [], tenants: [], permissions: [] });
  });
});

describe('requests from another site', () => {
  it('are refused with the cookie, unless the browser says that they are our own', async () => {
    const person = await signInAs(api);
    const cookie = person.headers['Cookie'] ?? '';
    const out = (headers: Record<string, string>) =>
      api.anyone.post('/auth/logout', undefined, { Cookie: cookie, ...headers });
    const foreign: Record<string, string>[] = [
      {},
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ];
    for (const headers of foreign) {
      expect([headers, (await out(headers)).body.code]).toEqual([headers, 'request.cross-site']);
    }
    expect((await person.get('/me')).status).toBe(200);
    expect((await out({ Origin: api.url })).status).toBe(204);
  });

  it('are let through from the public address, and cannot sign anybody in from elsewhere', async () => {
    const user = await buildUser(api.db);
    const body = { name: user.name, password: user.password };
    expect((await api.anyone.post('/auth/login', body, { Origin: 'https://portal.example.test' })).status).toBe(200);
    expect((await api.anyone.post('/auth/login', body, { Origin: 'https://evil.example' })).status).toBe(403);
  });

  it('do not matter to a bearer token, which no other site can send', async () => {
    const { body } = await api.anyone.post('/auth/token', byPassword(await buildUser(api.db)));
    const answer = await bearer(body.access_token).post('/auth/logout', undefined, { Origin: 'https://app.example' });
    expect(answer.status).toBe(204);
  });
});

describe('bearer tokens', () => {
  it('are issued for a password, as JSON and as a form', async () => {
    const user = await buildUser(api.db);
    const asJson = await api.anyone.post('/auth/token', byPassword(user));
    expect(asJson.status).toBe(200);
    expect(asJson.headers.get('Cache-Control')).toBe('no-store');
    expect(asJson.body).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    expect((await bearer(asJson.body.access_token).get('/me')).body.name).toBe(user.name);

    const asForm = await api.anyone.post('/auth/token', new URLSearchParams(byPassword(user)).toString(), {
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    expect(asForm.status).toBe(200);
  });

  it('stop working the moment the session is revoked', async () => {
    const { body } = await api.anyone.post('/auth/token', byPassword(await buildUser(api.db)));
    const client = bearer(body.access_token);
    expect((await client.post('/auth/logout')).status).toBe(204);
    const answer = await client.get('/me');
    expect(answer.body.code).toBe('access.token-invalid');
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
  });

  it('are refused when forged, of another kind, or not bearer at all', async () => {
    const user = await buildUser(api.db);
    const { body } = await api.anyone.post('/auth/token', byPassword(user));
    const sid = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString()).sid;
    const forged = await accessTokens(Buffer.alloc(32, 7)).issue({ userId: user.id, sessionId: sid });
    const [, payload] = body.access_token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const token of [forged, unsigned, body.refresh_token, 'x']) {
      expect((await bearer(token).get('/me')).status).toBe(401);
    }
    expect((await api.anyone.with({ Authorization: 'Basic eDp5' }).get('/me')).status).toBe(401);
    const asCookie = api.anyone.with({ Cookie: `__Host-occ_session=${body.refresh_token}` });
    expect((await asCookie.get('/me')).status).toBe(401);
  });

  it('are renewed by a refresh token that works once; using it again ends the session', async () => {
    const first = await api.anyone.post('/auth/token', byPassword(await buildUser(api.db)));
    const refresh = (token: string) =>
      api.anyone.post('/auth/token', { grant_type: 'refresh_token', refresh_token: token });
    const second = await refresh(first.body.refresh_token);
    expect(second.status).toBe(200);
    expect((await bearer(second.body.access_token).get('/me')).status).toBe(200);

    expect((await refresh(first.body.refresh_token)).body.code).toBe('access.token-invalid');
    expect((await bearer(second.body.access_token).get('/me')).status).toBe(401);
    expect((await refresh(second.body.refresh_token)).status).toBe(401);
  });
});

describe('the first administrator', () => {
  it('is made once, with a generated password that works', async () => {
    const name = uniqueName('admin');
    const made = await ensureAdministrator(api.db, name);
    expect(made).toMatchObject({ name, created: true });
    expect(await ensureAdministrator(api.db, name)).toEqual({ name, created: false });
    const person = await signIn(api.anyone, { name, password: made.password ?? '' });
    expect((await person.get('/me')).body.permissions).toContain('tenant:create');
  });

  it('has the password that was kept for him, also when the first to hear of it died', async () => {
    const name = uniqueName('admin');
    const kept = 'kept before the account was made';
    expect(await ensureAdministrator(api.db, name, kept)).toEqual({ name, created: true, password: kept });
    expect(await ensureAdministrator(api.db, name, kept)).toEqual({ name, created: false, password: kept });
    expect(await ensureAdministrator(api.db, name, 'of another installation')).toEqual({ name, created: false });
    await signIn(api.anyone, { name, password: kept });
  });
});

describe('members of a tenant', () => {
  it('are added by its administrator, who sees the password of a new account once', async () => {
    const tenant = await buildTenant(api.db);
    const administrator = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    const name = uniqueName('person');
    const request = { tenantId: tenant.id, name, role: 'operator' };
    const key = { 'Idempotency-Key': uniqueName('key') };

    const added = await administrator.post('/members', request, key);
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ name, role: 'operator', tenantId: tenant.id, projectId: null });
    const again = await administrator.post('/members', request, key);
    expect(again.body.code).toBe('request.answer-not-kept');
    expect((await administrator.post('/members', request)).body.code).toBe('member.exists');

    const person = await signIn(api.anyone, { name, password: added.body.password });
    expect((await person.get('/me')).body.tenants).toHaveLength(1);
    const list = await administrator.get(`/members?tenantId=${tenant.id}&limit=1`);
    expect(list.body).toMatchObject({ total: 2, items: [{ name }] });
    const rest = await administrator.get(`/members?tenantId=${tenant.id}&limit=1&cursor=${list.body.next}`);
    expect(rest.body.next).toBeNull();
    expect(rest.body.items[0].id).not.toBe(added.body.id);

    expect((await administrator.delete(`/members/${added.body.id}`, '"1"')).status).toBe(204);
    expect((await person.get('/me')).body.tenants).toHaveLength(0);
  });

  it('get no more than who adds them has, and nobody sees another tenant’s', async () => {
    const [tenant, other] = [await buildTenant(api.db), await buildTenant(api.db)];
    const operator = await signInAs(api, { role: 'operator', tenantId: tenant.id });
    const request = { tenantId: tenant.id, name: uniqueName('person'), role: 'viewer' };
    expect((await operator.post('/members', request)).body.code).toBe('access.denied');

    const administrator = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    const elsewhere = { ...request, tenantId: other.id };
    expect((await administrator.post('/members', elsewhere)).body.code).toBe('request.not-found');
    const tooMuch = { ...request, role: 'platform-administrator' };
    expect((await administrator.post('/members', tooMuch)).status).toBe(422);

    const platform = await signInAs(api, { role: 'platform-administrator' });
    const added = await platform.post('/members', elsewhere);
    expect(added.status).toBe(201);
    expect((await administrator.delete(`/members/${added.body.id}`, '"1"')).body.code).toBe('member.unknown');
    expect((await administrator.get(`/members?tenantId=${other.id}`)).body.total).toBe(0);
  });

  it('are new accounts, or people of the caller’s own tenants; of others nothing is told', async () => {
    const [tenant, second, other] = [await buildTenant(api.db), await buildTenant(api.db), await buildTenant(api.db)];
    const administrator = await signInAs(
      api,
      { role: 'tenant-administrator', tenantId: tenant.id },
      { role: 'tenant-administrator', tenantId: second.id },
    );
    const stranger = await buildUser(api.db, { role: 'viewer', tenantId: other.id });
    const homeless = await buildUser(api.db);
    const colleague = await buildUser(api.db, { role: 'viewer', tenantId: tenant.id });
    const add = (name: string, more: object = {}) =>
      administrator.post('/members', { tenantId: second.id, name, role: 'viewer', ...more });

    expect((await add(colleague.name)).status).toBe(201);
    const refused = await add(stranger.name);
    expect(refused).toMatchObject({ status: 422, body: { code: 'request.unfit', errors: [{ pointer: '/name' }] } });
    for (const name of [stranger.name, homeless.name]) {
      for (const more of [{}, { password: 'a password that is long' }, { role: 'operator' }]) {
        const answer = await add(name, more);
        expect(answer.status).toBe(422);
        expect(answer.body.errors).toEqual(refused.body.errors);
      }
    }
    const members = await administrator.get(`/members?tenantId=${second.id}`);
    expect(members.body.items.map(({ name }: { name: string }) => name)).not.toContain(stranger.name);

    const platform = await signInAs(api, { role: 'platform-administrator' });
    const request = { tenantId: second.id, name: stranger.name, role: 'viewer' };
    expect((await platform.post('/members', request)).status).toBe(201);
  });

  it('of one project are given by who administers that project', async () => {
    const tenant = await buildTenant(api.db);
    const platform = await signInAs(api, { role: 'platform-administrator' });
    const project = await platform.post('/projects', { tenantId: tenant.id, name: uniqueName('p'), displayName: 'P' });
    expect(project.status).toBe(201);
    const lead = await signInAs(api, {
      role: 'tenant-administrator',
      tenantId: tenant.id,
      projectId: project.body.id,
    });
    const request = { tenantId: tenant.id, name: uniqueName('person'), role: 'viewer' };
    expect((await lead.post('/members', request)).body.code).toBe('access.denied');
    expect((await lead.post('/members', { ...request, projectId: project.body.id })).status).toBe(201);
  });
});
