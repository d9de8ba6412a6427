import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildUser, signIn, signInAs, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildTenant } from '../../test/factories/tenants.ts';
import { forgetLimitsOnce } from '../observer/forget-limits.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let queries: string[] = [];
let nowMs = Date.now();
beforeAll(async () => {
  api = await startApi({
    environment: { TRUSTED_PROXIES: '1' },
    limitsClock: () => nowMs,
    onQuery: (query) => queries.push(query),
  });
});
afterAll(() => api?.close());

let places = 0;
const newPlace = (): ApiClient =>
  api.anyone.with({ 'X-Forwarded-For': `203.0.${113 + Math.floor(places / 250)}.${1 + (places++ % 250)}` });

const attempt = (from: ApiClient, name: string, password = 'not this one'): Promise<ApiAnswer> =>
  from.post('/auth/login', { name, password });
async function fail(from: ApiClient, name: string, times: number): Promise<ApiAnswer[]> {
  const answers: ApiAnswer[] = [];
  for (let time = 0; time < times; time += 1) answers.push(await attempt(from, name));
  return answers;
}
const codes = (answers: ApiAnswer[]) => [...new Set(answers.map(({ body }) => body.code))];
const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> =>
  api.db.transaction(platformScope(), (tx) => tx.query<Row>(text, parameters));
const passTime = (seconds: number): void => {
  nowMs += seconds * 1_000;
};

/** As if it had failed there with other secrets before, as often as is free. */
const tire = (place: ApiClient): Promise<unknown> =>
  sql(`insert into failed_attempts (key, failures, failed_at) values (?, 50, to_timestamp(?::float8 / 1000))`, [
    `place/${place.headers['X-Forwarded-For']}`,
    nowMs,
  ]);

describe('signing in', () => {
  it('has to wait after some failures, also with the right password, and is in the audit', async () => {
    const user = await buildUser(api.db);
    const place = newPlace();
    expect(codes(await fail(place, user.name, 9))).toEqual(['access.credentials-wrong', 'access.too-many-attempts']);
    const early = await attempt(place, user.name, user.password);
    expect([early.status, early.body.code, early.headers.get('Retry-After')]).toEqual([
      429,
      'access.too-many-attempts',
      '1',
    ]);
    expect(early.body.retryAfterSeconds).toBe(1);
    const entries = await sql<{ outcome: string; reason: string }>(
      `select outcome, detail->>'reason' as reason from audit_entries where actor_name = ? and action = 'signIn'`,
      [user.name],
    );
    expect(entries).toEqual([
      { outcome: 'denied', reason: 'password wrong' },
      { outcome: 'denied', reason: 'too many attempts' },
    ]);
    passTime(1);
    expect((await attempt(place, user.name, user.password)).status).toBe(200);
    expect((await attempt(place, user.name)).status).toBe(401);
    expect((await attempt(place, user.name, user.password)).status).toBe(200);
  });

  it('waits longer from failure to failure', async () => {
    const { name } = await buildUser(api.db);
    const place = newPlace();
    await fail(place, name, 6);
    const waits: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      const waitSeconds = Number((await attempt(place, name)).headers.get('Retry-After'));
      waits.push(waitSeconds);
      passTime(waitSeconds);
      await attempt(place, name);
    }
    expect(waits).toEqual([1, 2, 4, 8]);
  });

  it('is answered by the same, after the same statements, whether the account exists or not', async () => {
    const user = await buildUser(api.db);
    const seen = async (name: string) => {
      const place = newPlace();
      queries = [];
      const answers = await fail(place, name, 8);
      return {
        answers: answers.map(({ status, body }) => [
          status,
          body.code,
          body.title,
          body.detail,
          body.retryAfterSeconds,
        ]),
        statements: queries.map((query) => query.replaceAll(/'[^']*'|\[took .*$/g, '').replaceAll(/null|\d+/g, '')),
      };
    };
    const [existing, missing] = [await seen(user.name), await seen(uniqueName('user'))];
    expect(existing.answers.at(-1)).toContain('access.too-many-attempts');
    expect(missing).toEqual(existing);
    expect(existing.statements.length).toBeGreaterThan(8);
  });

  it('cannot be tried more often by trying all at once', async () => {
    const { name } = await buildUser(api.db);
    const place = newPlace();
    const answers = await Promise.all(Array.from({ length: 30 }, () => attempt(place, name)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(6);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(24);
  });

  it('is not kept from its owner by strangers elsewhere', async () => {
    const owner = await buildUser(api.db);
    const [usual, unusual] = [newPlace(), newPlace()];
    await signIn(usual, owner);
    for (let stranger = 0; stranger < 26; stranger += 1) await attempt(newPlace(), owner.name);

    expect((await attempt(unusual, owner.name, owner.password)).status).toBe(200);
    // Where he is known a slip costs him nothing; where he is not, it does while that lasts.
    expect(codes([await attempt(usual, owner.name), await attempt(usual, owner.name)])).toEqual([
      'access.credentials-wrong',
    ]);
    expect((await attempt(usual, owner.name, owner.password)).status).toBe(200);
    const first = newPlace();
    expect(codes([await attempt(first, owner.name), await attempt(first, owner.name)])).toEqual([
      'access.credentials-wrong',
      'access.too-many-attempts',
    ]);
  });

  it('is not kept from its owner by a stranger at the same address, in a browser that has his session', async () => {
    const owner = await buildUser(api.db);
    const shared = newPlace();
    const browser = await signIn(shared, owner);
    await fail(shared, owner.name, 8);
    expect((await attempt(shared, owner.name, owner.password)).status).toBe(429);
    expect((await browser.get('/me')).status).toBe(200);
    expect((await attempt(browser, owner.name, owner.password)).status).toBe(200);

    await browser.post('/auth/logout');
    await fail(shared, owner.name, 8);
    expect((await attempt(browser, owner.name, owner.password)).status).toBe(200);
    // It says nothing for anybody else.
    const other = await buildUser(api.db);
    await fail(browser, other.name, 7);
    expect((await attempt(browser, other.name, other.password)).status).toBe(429);
  });

  it('with many names from one place has to wait as well, but not for who is known there', async () => {
    const [known, fresh] = [await buildUser(api.db), await buildUser(api.db)];
    const place = newPlace();
    await signIn(place, known);
    await tire(place);
    expect(codes([await attempt(place, uniqueName('guess'))])).toEqual(['access.credentials-wrong']);
    expect((await attempt(place, fresh.name, fresh.password)).body.code).toBe('access.too-many-attempts');
    expect((await attempt(place, known.name, known.password)).status).toBe(200);
    expect((await attempt(newPlace(), fresh.name, fresh.password)).status).toBe(200);
  });
});

describe('a secret that names its own object', () => {
  it('cannot be guessed: refresh tokens', async () => {
    const place = newPlace();
    const refresh = (refreshToken: string) =>
      place.post('/auth/token', { grant_type: 'refresh_token', refresh_token: refreshToken });
    await tire(place);
    expect(codes([await refresh('wrong'), await refresh('another')])).toEqual([
      'access.token-invalid',
      'access.too-many-attempts',
    ]);
  });

  it('cannot be guessed: invitations, by looking, registering or accepting', async () => {
    const tenant = await buildTenant(api.db);
    const administrator = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    const { token } = (await administrator.post('/invitations', { tenantId: tenant.id, role: 'viewer' })).body;
    const person = await signInAs(api);
    const account = { name: uniqueName('new'), password: 'long enough for everybody' };
    const ways: ((from: ApiClient, token: string) => Promise<ApiAnswer>)[] = [
      (from, secret) => from.post('/invitations/look', { token: secret }),
      (from, secret) => from.post('/invitations/register', { token: secret, ...account }),
      (from, secret) =>
        from.with({ ...person.headers, ...from.headers }).post('/invitations/accept', { token: secret }),
    ];
    for (const way of ways) {
      const place = newPlace();
      await tire(place);
      expect(codes([await way(place, 'wrong'), await way(place, token)])).toEqual([
        'invitation.invalid',
        'access.too-many-attempts',
      ]);
    }
    expect((await ways[0]?.(newPlace(), token))?.status).toBe(200);
  });
});

describe('failures', () => {
  it('are forgotten with time, and places where an account is known after a month', async () => {
    const user = await buildUser(api.db);
    await fail(newPlace(), user.name, 3);
    await signIn(newPlace(), user);
    const rows = async (): Promise<{ failures: number }[]> => sql(`select failures from failed_attempts`);
    expect((await rows()).length).toBeGreaterThan(2);
    await sql(`update failed_attempts set failed_at = now() - interval '1 day'`);
    await forgetLimitsOnce(api.db);
    expect(new Set((await rows()).map(({ failures }) => failures))).toEqual(new Set([0]));
    await sql(`update failed_attempts set known_until = now() - interval '1 second'`);
    await forgetLimitsOnce(api.db);
    expect(await rows()).toEqual([]);
  });

  it('are kept without the names that were typed', async () => {
    const name = uniqueName('my password by mistake');
    await fail(newPlace(), name, 1);
    const found = await sql(`select key from failed_attempts where strpos(key, ?) > 0`, [name]);
    expect(found).toEqual([]);
  });
});
