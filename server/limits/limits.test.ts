import { parseList } from 'structured-headers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildUser, signIn, signInAs, type TestUser } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildTenant } from '../../test/factories/tenants.ts';
import { forgetLimitsOnce } from '../observer/forget-limits.ts';
import { Database, platformScope } from '../persistence/database.ts';
import { rateLimits, type RateLimits } from './rate-limits.ts';

let nowMs = Date.now();
let queries: string[] = [];
let api: TestApi;
let twin: TestApi;
beforeAll(async () => {
  const options = {
    limitsClock: () => nowMs,
    environment: {
      TRUSTED_PROXIES: '1',
      RATE_LIMIT_ADDRESS: '20',
      RATE_LIMIT_USER: '15',
      RATE_LIMIT_TOKEN: '10',
      RATE_LIMIT_TENANT: '12',
    },
  };
  api = await startApi({ ...options, onQuery: (sql) => queries.push(sql) });
  twin = await startApi({ ...options, database: api.database });
});
afterAll(async () => {
  await twin?.close();
  await api?.close();
});
beforeEach(() => passTime(60));

const passTime = (seconds: number): void => {
  nowMs += seconds * 1_000;
};

let places = 0;
/** As through the proxy that is trusted, each from an address of its own. */
const elsewhere = (from: TestApi = api): ApiClient =>
  from.anyone.with({ 'X-Forwarded-For': `198.51.100.${(places += 1)}` });
const arrive = (user: TestUser): Promise<ApiClient> => signIn(elsewhere(), user);

async function ask(client: ApiClient, times: number, path = '/me'): Promise<ApiAnswer[]> {
  const answers: ApiAnswer[] = [];
  for (let time = 0; time < times; time += 1) answers.push(await client.get(path));
  return answers;
}
const statuses = (answers: ApiAnswer[]) => [...new Set(answers.map(({ status }) => status))];
const refusedBy = ({ status, body }: ApiAnswer) => [status, body.code, body.limit];
const items = (header: string | null): Record<string, Record<string, unknown>> =>
  Object.fromEntries(
    parseList(header ?? '').map(([name, parameters]) => [String(name), Object.fromEntries(parameters)]),
  );

describe('requests are limited', () => {
  it('for each token, so that one does not use up what the others of its holder have', async () => {
    const user = await buildUser(api.db);
    const [one, other] = [await arrive(user), await arrive(user)];
    expect(statuses(await ask(one, 10))).toEqual([200]);
    expect(refusedBy(await one.get('/me'))).toEqual([429, 'request.rate-limited', 'token']);
    expect((await other.get('/me')).status).toBe(200);
  });

  it('for each person, with however many tokens', async () => {
    const user = await buildUser(api.db);
    const [one, other] = [await arrive(user), await arrive(user)];
    expect(statuses([...(await ask(one, 10)), ...(await ask(other, 5))])).toEqual([200]);
    expect(refusedBy(await other.get('/me'))).toEqual([429, 'request.rate-limited', 'user']);
    expect((await (await arrive(await buildUser(api.db))).get('/me')).status).toBe(200);
  });

  it('for each tenant; not for the platform’s own people, nor in another tenant', async () => {
    const [tenant, another] = [await buildTenant(api.db), await buildTenant(api.db)];
    const [one, two] = [
      await arrive(await buildUser(api.db, { role: 'viewer', tenantId: tenant.id })),
      await arrive(await buildUser(api.db, { role: 'viewer', tenantId: tenant.id })),
    ];
    expect(statuses([...(await ask(one, 9)), ...(await ask(two, 3))])).toEqual([200]);
    expect(refusedBy(await two.get('/me'))).toEqual([429, 'request.rate-limited', 'tenant']);

    const both = await arrive(
      await buildUser(api.db, { role: 'viewer', tenantId: tenant.id }, { role: 'viewer', tenantId: another.id }),
    );
    expect((await both.get('/instances')).status).toBe(200);
    expect((await both.get(`/instances?tenantId=${another.id}`)).status).toBe(200);
    expect(refusedBy(await both.get(`/instances?tenantId=${tenant.id}`))).toEqual([
      429,
      'request.rate-limited',
      'tenant',
    ]);
    const administrator = await arrive(await buildUser(api.db, { role: 'platform-administrator' }));
    expect((await administrator.get(`/instances?tenantId=${tenant.id}`)).status).toBe(200);
  });

  it('for each address that nobody is known at, whatever else it says that it is', async () => {
    const user = await buildUser(api.db);
    const place = elsewhere();
    const person = await signIn(place, user);
    expect((await person.get('/me')).status).toBe(200);
    expect(statuses(await ask(place, 9, '/version'))).toEqual([200]);
    expect(statuses(await ask(place.with({ Cookie: '__Host-occ_session=wrong' }), 9))).toEqual([401]);
    expect(refusedBy(await place.get('/version'))).toEqual([429, 'request.rate-limited', 'address']);
    expect(refusedBy(await place.get('/nowhere'))).toEqual([429, 'request.rate-limited', 'address']);
    const forged = place.with({ 'X-Forwarded-For': `192.0.2.1, ${place.headers['X-Forwarded-For']}` });
    expect((await forged.get('/version')).status).toBe(429);

    expect((await elsewhere().get('/version')).status).toBe(200);
    // Who is known does not suffer from strangers behind the same address.
    expect((await person.get('/me')).status).toBe(200);
  });

  it('over all replicas together', async () => {
    const user = await buildUser(api.db);
    const here = await arrive(user);
    const there = twin.anyone.with(here.headers);
    expect(statuses([...(await ask(here, 5)), ...(await ask(there, 5))])).toEqual([200]);
    expect(refusedBy(await here.get('/me'))).toEqual([429, 'request.rate-limited', 'token']);
    expect(refusedBy(await there.get('/me'))).toEqual([429, 'request.rate-limited', 'token']);
  });
});

describe('a refusal', () => {
  it('is a problem, and says when to come again: not before, but then', async () => {
    const person = await arrive(await buildUser(api.db));
    await ask(person, 10);
    const refused = await person.get('/me');
    expect(refused.headers.get('Content-Type')).toContain('application/problem+json');
    expect(refused.body).toMatchObject({
      status: 429,
      code: 'request.rate-limited',
      detail: '10 a minute for each token.',
      limit: 'token',
      retryAfterSeconds: 6,
    });
    expect(refused.headers.get('Retry-After')).toBe('6');
    passTime(5);
    const still = await person.get('/me');
    expect([still.status, still.headers.get('Retry-After')]).toEqual([429, '1']);
    passTime(1);
    expect((await person.get('/me')).status).toBe(200);
    expect((await person.get('/me')).status).toBe(429);
  });

  it('of somebody who is known costs no statement', async () => {
    const person = await arrive(await buildUser(api.db));
    await ask(person, 11);
    queries = [];
    expect(statuses(await ask(person, 20))).toEqual([429]);
    expect(queries).toEqual([]);
  });

  it('is counted, as are requests that are nobody’s; neither is an entry of the audit', async () => {
    const entries = () =>
      api.db.transaction(platformScope(), (tx) => tx.query(`select count(*)::int as entries from audit_entries`));
    const metric = async (line: string): Promise<number> => {
      const text = await (await fetch(`${api.url}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((each) => each.startsWith(`${line} `))
          ?.split(' ')
          .at(-1) ?? 0,
      );
    };
    const person = await arrive(await buildUser(api.db));
    await ask(person, 10);
    const kinds = {
      token: { Authorization: 'Bearer not.a.token' },
      session: { Cookie: '__Host-occ_session=wrong' },
      none: {},
    };
    const before = await entries();
    for (const [credential, headers] of Object.entries(kinds)) {
      const line = `occ_unauthenticated_total{credential="${credential}"}`;
      const count = await metric(line);
      expect((await elsewhere().with(headers).get('/me')).status).toBe(401);
      expect(await metric(line)).toBe(count + 1);
    }
    const count = await metric('occ_limited_total{limit="token"}');
    await ask(person, 2);
    expect(await metric('occ_limited_total{limit="token"}')).toBe(count + 2);
    expect(await entries()).toEqual(before);
  });
});

describe('the headers', () => {
  it('are structured fields that tell each limit and what is left of it, on every answer', async () => {
    const tenant = await buildTenant(api.db);
    const person = await arrive(await buildUser(api.db, { role: 'viewer', tenantId: tenant.id }));
    await ask(person, 3);
    const { headers } = await person.get('/instances');
    expect(items(headers.get('RateLimit-Policy'))).toEqual({
      user: { q: 15, w: 60 },
      token: { q: 10, w: 60 },
      tenant: { q: 12, w: 60 },
    });
    expect(items(headers.get('RateLimit'))).toEqual({
      user: { r: 11, t: expect.any(Number) },
      token: { r: 6, t: expect.any(Number) },
      tenant: { r: 8, t: expect.any(Number) },
    });
    const others: [ApiAnswer, number][] = [
      [await person.get('/instances/01a2039e-1979-7299-a2a6-7476714c25b3'), 404],
      [await person.get('/instances?limit=none'), 422],
      [await elsewhere().get('/me'), 401],
      [await elsewhere().get('/nowhere'), 404],
      [await elsewhere().post('/version'), 405],
      [await elsewhere().post('/auth/login', { name: 'nobody', password: 'nothing' }), 401],
      [(await ask(person, 9)).at(-1) as ApiAnswer, 429],
    ];
    for (const [answer, status] of others) {
      expect(answer.status).toBe(status);
      for (const [name, { q, w }] of Object.entries(items(answer.headers.get('RateLimit-Policy')))) {
        expect({ name, q, w }).toEqual({ name: expect.any(String), q: expect.any(Number), w: 60 });
      }
      expect(Object.keys(items(answer.headers.get('RateLimit')))).toEqual(
        Object.keys(items(answer.headers.get('RateLimit-Policy'))),
      );
      expect(Object.keys(items(answer.headers.get('RateLimit'))).length).toBeGreaterThan(0);
    }
  });
});

describe('as they are set by default', () => {
  it('the limits cost no statement for most requests', async () => {
    const seen: string[] = [];
    const standard = await startApi({ onQuery: (sql) => seen.push(sql) });
    try {
      const person = await signInAs(standard);
      await ask(person, 2);
      const leases = () => seen.filter((sql) => sql.includes('rate_limits')).length;
      const before = leases();
      await ask(person, 40);
      expect(leases()).toBe(before);
    } finally {
      await standard.close();
    }
  });

  it('they can be left out, one by one', async () => {
    const without = await startApi({ environment: { RATE_LIMIT_USER: '0', RATE_LIMIT_TOKEN: '0' } });
    try {
      const person = await signInAs(without);
      const answers = await ask(person, 2);
      expect(answers.map(({ headers }) => Object.keys(items(headers.get('RateLimit'))))).toEqual([['address'], []]);
    } finally {
      await without.close();
    }
  });
});

describe('three replicas on one database', () => {
  const perMinute = { address: 0, user: 60, token: 0, tenant: 0 };
  const sliceSize = 3;
  let databases: Database[];
  let replicas: RateLimits[];
  beforeAll(async () => {
    databases = await Promise.all(
      Array.from({ length: 3 }, (_, number) =>
        Database.open({ url: api.database.appUrl, applicationName: `occ-test-limits-${number}`, poolSize: 2 }),
      ),
    );
    replicas = databases.map((db) => rateLimits({ db, perMinute, clock: () => nowMs }));
  });
  afterAll(() => Promise.all(databases.map((db) => db.close())));

  const touchAll = (user: string) =>
    Promise.all(replicas.map((replica) => replica.spend([{ limit: 'user', of: [user] }])));
  /** Everybody at once, until everybody is refused. */
  async function flood(user: string): Promise<number> {
    const passed = await Promise.all(
      replicas.map(async (replica) => {
        let count = 0;
        const one = async (): Promise<void> => {
          while (!(await replica.spend([{ limit: 'user', of: [user] }])).refusal) count += 1;
        };
        await Promise.all([one(), one(), one(), one()]);
        return count;
      }),
    );
    return passed.reduce((sum, count) => sum + count);
  }

  it('let through what one would', async () => {
    expect(await flood('alone')).toBe(60);
  });

  it('exceed it by what they still hold, which is a slice each at most', async () => {
    await touchAll('kept');
    // All but full again, and what was taken out is not a minute old.
    passTime(59);
    expect(await flood('kept')).toBe(60 + 3 * (sliceSize - 1));
  });

  it('hold nothing that they have not used for a minute', async () => {
    await touchAll('lapsed');
    passTime(60);
    expect(await flood('lapsed')).toBe(60);
  });

  it('leave nothing in the table of who has not come for a minute', async () => {
    await flood('gone');
    const inTable = (sql: string) =>
      api.db.transaction(platformScope(), (tx) => tx.query(`${sql} where key = 'user/gone' returning key`));
    await forgetLimitsOnce(api.db);
    expect(await inTable('update rate_limits set full_at = now()')).toHaveLength(1);
    await forgetLimitsOnce(api.db);
    expect(await inTable('update rate_limits set full_at = now()')).toEqual([]);
  });
});
