import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordOnce } from '../../audit/commands/record-once.ts';
import type { Attempts } from '../../limits/attempts.ts';
import { platformScope, type Database } from '../../persistence/database.ts';
import type { NewAuditEntry } from '../../persistence/transaction.ts';
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

interface SignIn {
  name: string;
  password: string;
  requestId: string;
  address: string;
  sessionToken: string | null;
}

/**
 * Takes the same time whether the name exists or not, and holds no connection while it works.
 * @throws Problem 'access.credentials-wrong', 'access.too-many-attempts', after the refusal is in the audit
 */
export async function verifyPassword(
  { db, attempts }: { db: Database; attempts: Attempts },
  attempt: SignIn,
): Promise<Verified> {
  const refused = (actorId: string | null, reason: string): Promise<void> =>
    db.transaction(platformScope(), (tx) => recordOnce(tx, refusal(attempt, actorId, reason)));
  try {
    return await attempts.make(attempt, ['access.credentials-wrong'], () => verify(db, attempt, refused));
  } catch (error) {
    // Whose account it is was not even looked up.
    if (error instanceof Problem && error.code === 'access.too-many-attempts') await refused(null, 'too many attempts');
    throw error;
  }
}

async function verify(
  db: Database,
  { name, password }: SignIn,
  refused: (actorId: string | null, reason: string) => Promise<void>,
): Promise<Verified> {
  const [account] = await db.transaction(platformScope(), (tx) =>
    tx.query<Account>(`select id, password_hash as "passwordHash", disabled from users where name = ?`, [name]),
  );
  const matches = await passwordMatches(account?.passwordHash ?? null, password);
  if (account && matches && !account.disabled) return { userId: account.id, name };
  await refused(account?.id ?? null, reasonFor(account, matches));
  throw new Problem('access.credentials-wrong');
}

const refusal = ({ name, address, requestId }: SignIn, actorId: string | null, reason: string): NewAuditEntry => ({
  tenantId: null,
  actorId,
  actorName: name,
  action: 'signIn',
  objectType: 'session',
  outcome: 'denied',
  detail: { reason, address },
  requestId,
});

const reasonFor = (account: Account | undefined, matches: boolean): string =>
  account ? (matches ? 'account disabled' : 'password wrong') : 'name unknown';
