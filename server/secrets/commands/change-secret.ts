import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { SealingKey } from '../sealing-key.ts';
import { Secret } from '../secret.entity.ts';
import { addSecretVersion } from './add-secret-version.ts';

export interface ChangeSecret {
  id: string;
  expectedGeneration: number;
  description: string;
  value: string;
  by: Requester;
}

/**
 * A new version; instances take it up when their process next starts.
 * @throws Problem 'secret.unknown', 'request.stale'
 */
export async function changeSecret(tx: Transaction, key: SealingKey, change: ChangeSecret): Promise<Secret> {
  const secret = await lockRow(tx, Secret, 'secrets', change.id);
  if (!secret) throw new Problem('secret.unknown', change.id);
  requireGeneration(secret, change.expectedGeneration);

  const before = { version: secret.version, description: secret.description };
  secret.description = change.description;
  secret.version += 1;
  secret.generation += 1;
  secret.updatedAt = new Date();
  await addSecretVersion(tx, key, secret, change.value, change.by.userId);
  recordChange(tx, {
    noun: 'secret',
    verb: 'update',
    object: { id: secret.id, name: secret.name, tenantId: secret.tenantId, projectId: secret.projectId },
    by: change.by,
    before,
    after: { version: secret.version, description: secret.description },
  });
  return secret;
}
