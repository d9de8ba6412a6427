import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordOnce } from '../../audit/commands/record-once.ts';
import { platformScope, type Database } from '../../persistence/database.ts';
import { passwordMatches } from '../password.ts';

export interface Verified {
  userId: string;
  name: string;
}

interface Account {
  id: string;
  passwordHash: string | null;
  disabled: boolean;
}

/**
 * Takes the same time whether the name exists or not, and holds no connection while it works.
 * @throws Problem 'access.credentials-wrong', after the refusal is in the audit
 */
export async function verifyPassword(
  db: Database,
  attempt: { name: string; password: string; requestId: string; address: string },
): Promise<Verified> {
  const { name, password } = attempt;
  const [account] = await db.transaction(platformScope(), (tx) =>
    tx.query<Account>(`select id, password_hash as "passwordHash", disabled from users where name = ?`, [name]),
  );
  const matches = await passwordMatches(account?.passwordHash ?? null, password);
  if (account && matches && !account.disabled) return { userId: account.id, name };

  await db.transaction(platformScope(), (tx) =>
    recordOnce(tx, {
      tenantId: null,
      actorId: account?.id ?? null,
      actorName: name,
      action: 'signIn',
      objectType: 'session',
      outcome: 'denied',
      detail: { reason: reasonFor(account, matches), address: attempt.address },
      requestId: attempt.requestId,
    }),
  );
  throw new Problem('access.credentials-wrong');
}

const reasonFor = (account: Account | undefined, matches: boolean): string =>
  account ? (matches ? 'account disabled' : 'password wrong') : 'name unknown';
