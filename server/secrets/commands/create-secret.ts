import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Tenant } from '../../tenants/tenant.entity.ts';
import type { SealingKey } from '../sealing-key.ts';
import { Secret } from '../secret.entity.ts';
import { addSecretVersion } from './add-secret-version.ts';

export interface CreateSecret {
  tenant: Tenant;
  projectId: string | null;
  name: string;
  description: string;
  value: string;
  by: Requester;
}

/** @throws Problem 'secret.name-taken', 'tenant.busy' (it is being deleted) */
export async function createSecret(tx: Transaction, key: SealingKey, wanted: CreateSecret): Promise<Secret> {
  const { tenant, projectId, name, description, value, by } = wanted;
  if (tenant.phase !== 'Active') throw new Problem('tenant.busy', 'the tenant is being deleted');
  const now = new Date();
  const secret = tx.em.create(Secret, {
    tenantId: tenant.id,
    id: uuidv7(),
    projectId,
    name,
    description,
    version: 1,
    generation: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: by.userId,
  });
  await flushUnique(tx, 'secret.name-taken', name);
  await addSecretVersion(tx, key, secret, value, by.userId);
  const object = { id: secret.id, name, tenantId: tenant.id, projectId };
  recordChange(tx, { noun: 'secret', verb: 'create', object, by, detail: { version: 1 } });
  return secret;
}
