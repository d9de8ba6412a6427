import { seal } from '../sealing.ts';
import type { SealingKey } from '../sealing-key.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Secret } from '../secret.entity.ts';

/** Hand-written, because the app role may insert a value and never read it back, which an entity's insert would. */
export async function addSecretVersion(
  tx: Transaction,
  key: SealingKey,
  { tenantId, id, version }: Pick<Secret, 'tenantId' | 'id' | 'version'>,
  value: string,
  userId: string | null,
): Promise<void> {
  const sealed = seal(key, { kind: 'secret', tenantId, secretId: id, version }, value);
  await tx.query(
    `insert into secret_versions (tenant_id, secret_id, version, sealed, created_by) values (?, ?, ?, decode(?, 'hex'), ?)`,
    [tenantId, id, version, sealed.toString('hex'), userId],
  );
}
