import { Role } from '../../access/roles.ts';
import { platformScope, type Database } from '../../persistence/database.ts';
import { generatePassword } from '../password.ts';
import { assignRole } from './assign-role.ts';
import { createUser } from './create-user.ts';

/** Makes the first administrator with a generated password, or leaves the existing one as he is. */
export async function ensureAdministrator(
  db: Database,
  name: string,
): Promise<{ name: string; created: boolean; password?: string }> {
  const password = generatePassword();
  return db.transaction(platformScope(), async (tx) => {
    const userId = await createUser(tx, { name, displayName: 'Administrator', password });
    if (userId === null) return { name, created: false };
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
    return { name, created: true, password };
  });
}
