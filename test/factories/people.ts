import { randomBytes } from 'node:crypto';
import { Role } from '../../server/access/roles.ts';
import { assignRole } from '../../server/identity/commands/assign-role.ts';
import { createUser } from '../../server/identity/commands/create-user.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import type { ApiClient } from './api-client.ts';

export interface TestUser {
  id: string;
  name: string;
  password: string;
}

export interface Held {
  /** A built-in role, or the id of a tenant's own. */
  role: Role | (string & {});
  tenantId?: string;
  projectId?: string;
}

/** Unique enough for a name, and short enough for a DNS label. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`;

/** An account that holds the given roles; one without a tenant is held on the platform. */
export async function buildUser(db: Database, ...roles: Held[]): Promise<TestUser> {
  const name = uniqueName('user');
  const password = `password of ${name}`;
  const id = await db.transaction(platformScope(), async (tx) => {
    const userId = await createUser(tx, { name, displayName: `Display of ${name}`, password });
    if (userId === null) throw new Error(`${name} exists already`);
    for (const { role, tenantId = null, projectId = null } of roles) {
      await assignRole(tx, { userId, role, tenantId, projectId, assignedBy: null });
    }
    return userId;
  });
  return { id, name, password };
}

/** Signs in as the portal does. */
export async function signIn(
  anyone: ApiClient,
  { name, password }: { name: string; password: string },
): Promise<ApiClient> {
  const answer = await anyone.post('/auth/login', { name, password });
  const cookie = answer.headers.get('Set-Cookie')?.split(';', 1)[0];
  if (answer.status !== 200 || !cookie) throw new Error(`sign-in of ${name} answered ${answer.status}`);
  return anyone.with({ Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' });
}

/** Signs in as a program does, with a bearer token. */
export async function signInByToken(
  anyone: ApiClient,
  { name: username, password }: { name: string; password: string },
): Promise<ApiClient> {
  const { status, body } = await anyone.post('/auth/token', { grant_type: 'password', username, password });
  if (status !== 200) throw new Error(`sign-in of ${username} answered ${status}`);
  return anyone.with({ Authorization: `Bearer ${body.access_token}` });
}

/** A new person with these roles, signed in. */
export const signInAs = async (api: { db: Database; anyone: ApiClient }, ...roles: Held[]): Promise<ApiClient> =>
  signIn(api.anyone, await buildUser(api.db, ...roles));

export const signInAsAdministrator = (api: { db: Database; anyone: ApiClient }): Promise<ApiClient> =>
  signInAs(api, { role: Role.PlatformAdministrator });
