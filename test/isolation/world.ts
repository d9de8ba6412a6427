import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { Client } from 'pg';
import { Role } from '../../server/access/roles.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildUser, signIn, signInByToken, type Held } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildProject } from '../factories/tenants.ts';
import { buildOwnedRows, buildSurroundings, type OwnedRows } from '../integration/owned-rows.ts';
import { tenantTables } from '../integration/table-classes.ts';
import { operationsOf, type ApiDocument, type Operation } from './document.ts';
import type { Kind } from './kinds.ts';
import { withoutLimits } from '../factories/without-limits.ts';
import { recordStatements, type Statements } from './statements.ts';

/** Two full tenants, and people of every kind who belong to the second. */
export interface World {
  api: TestApi;
  owner: Client;
  operations: readonly Operation[];
  statements: Statements;
  theirs: OwnedRows;
  ours: OwnedRows;
  /** An object of that tenant, or what all tenants share. */
  idIn(tenant: OwnedRows, kind: Kind): string;
  administrator: ApiClient;
  /** Administers both tenants. */
  ofBoth: ApiClient;
  /** One of our tenant whose session can be ended. */
  follower(held: Held): Promise<{ person: ApiClient; end(): Promise<void> }>;
  /** Those who have no session any more, by what became of it. */
  withoutSession: Record<string, ApiClient>;
  /** Those who may do less, by the role that they have. */
  weaker: Record<string, ApiClient>;
  /** Administers another project of our tenant. */
  elsewhere: ApiClient;
  held: Readonly<Record<'administrator' | 'elsewhere', Held>>;
  close(): Promise<void>;
}

export async function buildWorld(): Promise<World> {
  const statements = recordStatements();
  const api = await startApi({
    onQuery: statements.onQuery,
    streamRecheckMs: 50,
    checkDrift: async () => {},
    checkpointAudit: async () => {},
    environment: withoutLimits,
  });
  const owner = new Client({ connectionString: api.database.ownerUrl });
  await owner.connect();
  const around = await buildSurroundings(owner);
  const theirs = await buildOwnedRows(owner, around);
  const ours = await buildOwnedRows(owner, around);
  // What runs would be in the way of every other request.
  await owner.query(`update operations set phase = 'Failed' where phase = 'Running'`);
  const elsewhere = await buildProject(api.db, { id: ours.tenantId, name: '' });
  const { tenantId } = ours;

  const person = async (...roles: Held[]) => signInByToken(api.anyone, await buildUser(api.db, ...roles));
  const administers = (tenant: OwnedRows) => ({ role: Role.TenantAdministrator, tenantId: tenant.tenantId });
  const assignments = {
    administrator: administers(ours),
    elsewhere: { role: Role.ProjectAdministrator, tenantId, projectId: elsewhere.id },
  };
  const administrator = await person(assignments.administrator);
  const shared: Partial<Record<Kind, string>> = { cluster: around.clusterId, agentVersion: around.agentVersionId };

  return {
    api,
    owner,
    operations: operationsOf((await api.anyone.get('/openapi.json')).body as ApiDocument),
    statements,
    theirs,
    ours,
    idIn: (tenant, kind) => shared[kind] ?? tenant.ids[kind as keyof OwnedRows['ids']],
    administrator,
    ofBoth: await person(administers(ours), administers(theirs)),
    async follower(held) {
      const user = await buildUser(api.db, held);
      return {
        person: await signInByToken(api.anyone, user),
        async end() {
          await owner.query('update sessions set revoked_at = now() where user_id = $1', [user.id]);
        },
      };
    },
    withoutSession: await withoutSession(api, owner, administers(ours)),
    weaker: {
      viewer: await person({ role: Role.Viewer, tenantId }),
      member: await person({ role: Role.Member, tenantId }),
    },
    elsewhere: await person(assignments.elsewhere),
    held: assignments,
    async close() {
      await owner.end();
      await api.close();
    },
  };
}

/** All of them administered the tenant. */
async function withoutSession(api: TestApi, owner: Client, held: Held): Promise<Record<string, ApiClient>> {
  const { anyone } = api;
  const ending = async (signsIn: typeof signIn, end: string): Promise<ApiClient> => {
    const user = await buildUser(api.db, held);
    const person = await signsIn(anyone, user);
    await owner.query(`update sessions set ${end} where user_id = $1`, [user.id]);
    return person;
  };
  const user = await buildUser(api.db, held);
  await signInByToken(anyone, user);
  const { rows } = await owner.query<{ id: string }>('select id from sessions where user_id = $1', [user.id]);
  const tokenBy = (key: Uint8Array, expires: string): Promise<string> =>
    new SignJWT({ sid: rows[0]?.id })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(user.id)
      .setIssuer('open-cluster-claw')
      .setAudience('open-cluster-claw-api')
      .setIssuedAt('-1 hour')
      .setExpirationTime(expires)
      .sign(key);
  const bearing = (token: string): ApiClient => anyone.with({ Authorization: `Bearer ${token}` });
  const revoked = 'revoked_at = now()';
  const expired = `expires_at = now() - interval '1 second'`;
  return {
    nobody: anyone,
    'a revoked token': await ending(signInByToken, revoked),
    'a token of a session that ran out': await ending(signInByToken, expired),
    'an expired token': bearing(await tokenBy(api.tokenKey, '-1 minute')),
    'a token of another key': bearing(await tokenBy(Buffer.alloc(32, 1), '1 hour')),
    'a token that is none': bearing(randomUUID()),
    'the cookie of a revoked session': await ending(signIn, revoked),
    'the cookie of a session that ran out': await ending(signIn, expired),
  };
}

/** Every row that a tenant has, and what becomes of it: a request of somebody else must leave it alone. */
export async function fingerprint({ owner }: World, { tenantId }: OwnedRows): Promise<Record<string, unknown>> {
  const tables = [...tenantTables, 'role_assignments', 'invitations'];
  const entries = await tables.reduce<Promise<[string, unknown][]>>(async (before, table) => {
    const { rows } = await owner.query(
      `select count(*)::int as count, md5(string_agg(t::text, '|' order by t::text)) as hash from ${table} t
       where ${table === 'tenants' ? 'id' : 'tenant_id'} = $1 and t::text not like '%isolation.tried%'`,
      [tenantId],
    );
    return [...(await before), [table, rows[0]]];
  }, Promise.resolve([]));
  return Object.fromEntries(entries);
}

/** Every id and name by which something of a tenant could be recognised. */
export async function marksOf({ owner }: World, { tenantId, ids }: OwnedRows): Promise<Set<string>> {
  const marks = new Set<string>(Object.values(ids));
  for (const table of [...tenantTables, 'role_assignments', 'invitations']) {
    const { rows } = await owner.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from ${table} t where ${table === 'tenants' ? 'id' : 'tenant_id'} = $1`,
      [tenantId],
    );
    for (const { row } of rows) if (typeof row.id === 'string') marks.add(row.id);
  }
  return marks;
}
