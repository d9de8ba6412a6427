import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRights } from '../../server/access/rights.ts';
import { Database, platformScope, tenantScope } from '../../server/persistence/database.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { openStream } from '../factories/event-source.ts';
import { buildUser, signIn, uniqueName, type Held, type TestUser } from '../factories/people.ts';
import { startReplicas, type Replicas } from '../factories/start-replicas.ts';
import { createTestDatabase, type TestDatabase } from '../factories/test-database.ts';
import { buildTenant, type TestTenant } from '../factories/tenants.ts';

/** A right that is taken away must be gone everywhere by then. */
const withinMs = 2_000;

let database: TestDatabase;
let db: Database;
let replicas: Replicas;
let tenant: TestTenant;
let administrator: ApiClient;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-replicas', poolSize: 2 });
  replicas = await startReplicas(database, 3);
  tenant = await buildTenant(db);
  administrator = await signIn(at(0), await buildUser(db, { role: 'tenant-administrator', tenantId: tenant.id }));
}, 120_000);
afterAll(async () => {
  await replicas?.stop();
  await db?.close();
  await database?.drop();
});

const at = (index: number): ApiClient => {
  const client = replicas.anyone[index];
  if (!client) throw new Error(`there is no replica ${index}`);
  return client;
};

/** One signed-in person as each replica knows him, with an open stream at each. */
async function everywhere(user: TestUser, how: 'cookie' | 'bearer' = 'cookie') {
  const signedIn = how === 'cookie' ? await signIn(at(0), user) : await withToken(user);
  const clients = replicas.anyone.map(({ baseUrl }) => replicaOf(signedIn, baseUrl));
  const streams = await Promise.all(
    clients.map(async ({ baseUrl, headers }) => {
      const stream = await openStream(`${baseUrl}/api/v1/events/stream`, headers);
      await expect.poll(() => stream.lastEventId()).not.toBe('');
      return stream;
    }),
  );
  return { clients, streams };
}

async function withToken({ name, password }: TestUser): Promise<ApiClient> {
  const { body } = await at(0).post('/auth/token', { grant_type: 'password', username: name, password });
  return at(0).with({ Authorization: `Bearer ${body.access_token}` });
}

function replicaOf({ headers }: ApiClient, baseUrl: string): ApiClient {
  const there = replicas.anyone.find((client) => client.baseUrl === baseUrl);
  if (!there) throw new Error(`there is no replica ${baseUrl}`);
  return there.with(headers);
}

/** How long after `change` the last of these was over. */
async function lastOverMs(change: () => Promise<unknown>, over: (() => Promise<unknown>)[]): Promise<number> {
  const startedMs = performance.now();
  await change();
  await Promise.all(over.map((wait) => wait()));
  return performance.now() - startedMs;
}

const isRefused = (client: ApiClient, path: string) => async () => {
  await expect.poll(async () => (await client.get(path)).status, { timeout: 5_000, interval: 20 }).not.toBe(200);
};
const person = (...roles: Held[]) => buildUser(db, ...roles);

describe('on every replica, and on streams that are open there, within two seconds', () => {
  it('a session that is revoked ends', async () => {
    for (const how of ['cookie', 'bearer'] as const) {
      const { clients, streams } = await everywhere(await person({ role: 'viewer', tenantId: tenant.id }), how);
      const tookMs = await lastOverMs(
        () => clients[1]?.post('/auth/logout') ?? Promise.reject(new Error('no replica')),
        [
          ...clients.map((client) => isRefused(client, '/me')),
          ...streams.map(
            ({ ended }) =>
              () =>
                ended,
          ),
        ],
      );
      expect(tookMs).toBeLessThan(withinMs);
    }
  });

  it('a membership that is removed ends', async () => {
    const { body: member } = await administrator.post('/members', {
      tenantId: tenant.id,
      name: uniqueName('leaving'),
      role: 'viewer',
    });
    const { clients, streams } = await everywhere(member);
    const path = `/tenants/${tenant.id}`;
    expect(await Promise.all(clients.map(async (client) => (await client.get(path)).status))).toEqual([200, 200, 200]);
    const tookMs = await lastOverMs(
      () => administrator.delete(`/members/${member.id}`, '"1"'),
      [
        ...clients.map((client) => isRefused(client, path)),
        ...streams.map(
          ({ ended }) =>
            () =>
              ended,
        ),
      ],
    );
    expect(tookMs).toBeLessThan(withinMs);
  });

  it('a role that a member no longer has ends', async () => {
    const { body: role } = await administrator.post('/roles', {
      tenantId: tenant.id,
      name: uniqueName('role'),
      grants: ['tenant:read', 'role:read', 'event:read'],
    });
    const { body: member } = await administrator.post('/members', {
      tenantId: tenant.id,
      name: uniqueName('changed'),
      role: role.id,
    });
    const { clients, streams } = await everywhere(member);
    const path = `/roles?tenantId=${tenant.id}`;
    expect(await Promise.all(clients.map(async (client) => (await client.get(path)).status))).toEqual([200, 200, 200]);
    const change = { name: role.name, grants: ['tenant:read', 'event:read'] };
    const redefinedMs = await lastOverMs(
      () => administrator.put(`/roles/${role.id}`, change, '"1"'),
      [
        ...clients.map((client) => isRefused(client, path)),
        ...streams.map(
          ({ ended }) =>
            () =>
              ended,
        ),
      ],
    );
    expect(redefinedMs).toBeLessThan(withinMs);

    const again = await everywhere(member);
    const exchangedMs = await lastOverMs(
      () => administrator.patch(`/members/${member.id}`, { role: 'viewer' }, '"1"'),
      again.streams.map(
        ({ ended }) =>
          () =>
            ended,
      ),
    );
    expect(exchangedMs).toBeLessThan(withinMs);
    expect((await clients[2]?.get(path))?.status).toBe(200);
  });

  it('also where the notice of it was lost with the connection that should have brought it', async () => {
    const { clients, streams } = await everywhere(await person({ role: 'viewer', tenantId: tenant.id }));
    const [{ body: me } = { body: {} }] = await Promise.all(clients.map((client) => client.get('/me')));
    await db.execute(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'occ-access'`,
    );
    const tookMs = await lastOverMs(
      () =>
        db.transaction(platformScope(), (tx) => tx.query('delete from role_assignments where user_id = ?', [me.id])),
      streams.map(
        ({ ended }) =>
          () =>
            ended,
      ),
    );
    expect(tookMs).toBeLessThan(withinMs);
  });
});

describe('a tenant’s own role', () => {
  it('is never decided by an older definition than the caller came with', async () => {
    const rights = await createRights({ db });
    const { body: role } = await administrator.post('/roles', {
      tenantId: tenant.id,
      name: uniqueName('role'),
      grants: ['instance:read'],
    });
    const held = (roleGeneration: number) => [{ role: role.id, tenantId: tenant.id, projectId: null, roleGeneration }];
    expect((await rights.knowing(held(1))).allows(role.id, 'instance:kill')).toBe(false);
    await administrator.put(`/roles/${role.id}`, { name: role.name, grants: ['instance:kill'] }, '"1"');
    const decisions = await rights.knowing(held(2));
    expect(decisions.allows(role.id, 'instance:kill')).toBe(true);
    expect(decisions.allows(role.id, 'instance:read')).toBe(false);
    expect(decisions.allows('viewer', 'instance:read')).toBe(true);

    // Somebody else's transaction cannot read it, and must not make others believe that it is empty.
    const elsewhere = tenantScope((await buildTenant(db)).id);
    const blind = await createRights({ db });
    const unseen = await db.transaction(elsewhere, (tx) => blind.knowing(held(2), tx));
    expect(unseen.allows(role.id, 'instance:kill')).toBe(false);
    expect((await blind.knowing(held(2))).allows(role.id, 'instance:kill')).toBe(true);
  });
});
