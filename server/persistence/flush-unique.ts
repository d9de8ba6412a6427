import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import type { Transaction } from './transaction.ts';

/**
 * Writes what is pending; the unique index decides who was first, not a read before the write.
 * @throws Problem `taken` where another row has that name
 */
export async function flushUnique(tx: Transaction, taken: ProblemCode, name: string): Promise<void> {
  try {
    await tx.em.flush();
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw new Problem(taken, name, { cause: error });
    throw error;
  }
}
