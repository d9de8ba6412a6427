import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Secret } from './secret.entity.ts';

/** A secret that the transaction can see. @throws Problem 'secret.unknown' */
export async function requireSecret(tx: Transaction, id: string): Promise<Secret> {
  const secret = await tx.em.findOne(Secret, { id });
  if (!secret) throw new Problem('secret.unknown', id);
  return secret;
}
