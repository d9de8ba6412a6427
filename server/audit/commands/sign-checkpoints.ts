import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../../persistence/transaction.ts';
import { AuditCheckpoint } from '../audit-checkpoint.entity.ts';
import type { AuditSigner, CheckpointClaim } from '../checkpoint.ts';

type Signable = Pick<CheckpointClaim, 'tenantId' | 'number' | 'sequence' | 'hash'>;

/**
 * Signs the head of every chain that has moved on since it was signed last. Runs as the platform.
 * A chain that is shorter than what was signed of it is left as it is: its proof says so.
 * @returns how many
 */
export async function signCheckpoints(tx: Transaction, signer: AuditSigner): Promise<number> {
  const newestSeal = (chain: string) =>
    `select s.number::float8 as number, s.sequence::float8 as sequence, s.hash from audit_seals s
     where s.tenant_id ${chain} order by s.number desc limit 1`;
  const signed = (chain: string) =>
    `exists (select from audit_checkpoints k where k.tenant_id ${chain} and k.kind = 'head' and k.number >= head.number)`;
  const heads = await tx.query<Signable>(
    `select t.id as "tenantId", head.* from tenants t cross join lateral (${newestSeal('= t.id')}) head
     where not ${signed('= t.id')}
     union all
     select null, head.* from (${newestSeal('is null')}) head where not ${signed('is null')}`,
  );
  for (const head of heads) addCheckpoint(tx, signer, 'head', head);
  return heads.length;
}

/** Signs a seal and keeps it, beside those that were signed before. */
export function addCheckpoint(
  tx: Transaction,
  signer: AuditSigner,
  kind: CheckpointClaim['kind'],
  { tenantId, number, sequence, hash }: Signable,
): void {
  const signedAt = new Date();
  const claim = { kind, tenantId, number, sequence, hash, signedAt: signedAt.toISOString() };
  tx.em.create(AuditCheckpoint, { ...signer.sign(claim), id: uuidv7(), signedAt, storedAt: null });
}
