import { Role } from '../../access/roles.ts';
import { platformScope, type Database } from '../../persistence/database.ts';
import { generatePassword, passwordMatches } from '../password.ts';
import { assignRole } from './assign-role.ts';
import { createUser } from './create-user.ts';

/**
 * Makes the first administrator with the given or a generated password, or leaves the existing one as he is.
 * @param given kept by the caller beforehand, so that no crash between here and him can lose it
 * @returns the password where it is certain: of the account made now, or the given one that fits
 */
export async function ensureAdministrator(
  db: Database,
  name: string,
  given?: string,
): Promise<{ name: string; created: boolean; password?: string }> {
  const password = given ?? generatePassword();
  const isCreated = await db.transaction(platformScope(), async (tx) => {
    const userId = await createUser(tx, { name, displayName: 'Administrator', password });
    if (userId === null) return false;
    await assignRole(tx, {
      userId,
      role: Role.PlatformAdministrator,
      tenantId: null,
      projectId: null,
      assignedBy: null,
    });
    tx.audit({
      tenantId: null,
      actorId: null,
      actorName: 'platform',
      action: 'ensureAdministrator',
      objectType: 'user',
      objectId: userId,
      objectName: name,
      outcome: 'succeeded',
    });
    return true;
  });
  if (isCreated || (given !== undefined && (await fits(db, name, given)))) {
    return { name, created: isCreated, password };
  }
  return { name, created: false };
}

async function fits(db: Database, name: string, password: string): Promise<boolean> {
  const [account] = await db.transaction(platformScope(), (tx) =>
    tx.query<{ hash: string | null }>(`select password_hash as hash from users where name = ?`, [name]),
  );
  return passwordMatches(account?.hash ?? null, password);
}
