import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../../persistence/transaction.ts';
import { hashPassword } from '../password.ts';

export interface NewUser {
  name: string;
  displayName: string;
  password: string;
}

/**
 * Runs as the platform.
 * @returns the id, or null when the name is taken
 */
export async function createUser(tx: Transaction, { name, displayName, password }: NewUser): Promise<string | null> {
  const [created] = await tx.query<{ id: string }>(
    `insert into users (id, name, display_name, password_hash) values (?, ?, ?, ?) on conflict (name) do nothing returning id`,
    [uuidv7(), name, displayName, await hashPassword(password)],
  );
  return created?.id ?? null;
}
