import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { Secret } from './secret.entity.ts';
import type { SecretAnswer } from './secret.schema.ts';
import type { SecretUsers } from './secret-users.ts';

export type SecretRow = Pick<
  Secret,
  'id' | 'tenantId' | 'projectId' | 'name' | 'description' | 'version' | 'generation'
> & { createdAt: Date | string; updatedAt: Date | string };

export const presentSecret = (secret: SecretRow, users: SecretUsers | undefined, caller: Caller): SecretAnswer => ({
  id: secret.id,
  tenantId: secret.tenantId,
  projectId: secret.projectId ?? null,
  name: secret.name,
  description: secret.description,
  version: secret.version,
  generation: secret.generation,
  createdAt: timeOf(secret.createdAt),
  updatedAt: timeOf(secret.updatedAt),
  usedBy: users?.instances ?? [],
  usedByTotal: users?.total ?? 0,
  permissions: loadPermissions(caller, secret, ['secret:update', 'secret:delete']),
});
