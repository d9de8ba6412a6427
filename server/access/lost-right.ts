import type { Transaction } from '../persistence/transaction.ts';
import type { Assignment, Caller } from './caller.ts';
import type { Rights } from './rights.ts';
import { callerOf } from './role-caller.ts';

interface Holder {
  name: string;
  disabled: boolean;
  assignments: Assignment[];
}

/**
 * For what goes on after its request: what the one who asked for it may no longer do, as a sentence for people; null
 * while he may. One statement, to be asked in the transaction of each effect: a right that was taken away before that is
 * committed.
 * @param requestedBy null for the platform itself, which has every right
 * @param missing says of the caller, as he is by now, what he lacks
 */
export async function lostRight(
  tx: Transaction,
  rights: Rights,
  requestedBy: string | null | undefined,
  missing: (caller: Caller) => string | null,
): Promise<string | null> {
  if (!requestedBy) return null;
  const [holder] = await tx.query<Holder>('select * from occ_holder(?::uuid)', [requestedBy]);
  if (!holder) return 'The account that asked for it is gone.';
  const { name, disabled, assignments } = holder;
  if (disabled) return `The account of ${name} is disabled.`;
  const decisions = await rights.knowing(assignments, tx);
  const caller = callerOf({ userId: requestedBy, name, displayName: name, sessionId: '', assignments }, decisions);
  const lacks = missing(caller);
  return lacks && `${name} no longer has ${lacks}.`;
}
