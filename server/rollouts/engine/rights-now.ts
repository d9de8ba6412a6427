import { callerOf } from '../../access/role-caller.ts';
import type { Assignment, Caller } from '../../access/caller.ts';
import type { Rights } from '../../access/rights.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { rightTo } from '../right-to.ts';
import type { Rollout } from '../rollout.entity.ts';

/** Whoever asked for the rollout may no longer do what comes next; the message says what, for people. */
export class RightsLost extends Error {}

interface Holder {
  name: string;
  disabled: boolean;
  assignments: Assignment[];
}

type Asked = Pick<Rollout, 'tenantId' | 'requestedBy' | 'kind'>;

/**
 * What the one who asked for the rollout may no longer do in this project, as a sentence; null while he may all of it.
 * One statement, to be asked in the transaction of each effect: a right that was taken away before that is committed.
 */
export async function lostRights(
  tx: Transaction,
  rights: Rights,
  rollout: Asked,
  projectId: string,
): Promise<string | null> {
  const { tenantId, kind } = rollout;
  return lost(tx, rights, rollout, ({ name, can }) => {
    const missing = (['rollout:create', rightTo[kind]] as const).find((right) => !can(right, { tenantId, projectId }));
    return missing ? `${name} no longer has ${missing}.` : null;
  });
}

/** The same of a question to Prometheus, which knows of all tenants. */
export const lostQuery = (tx: Transaction, rights: Rights, rollout: Asked): Promise<string | null> =>
  lost(tx, rights, rollout, ({ name, can }) =>
    can('prometheus:query', 'platform') ? null : `${name} no longer has prometheus:query.`,
  );

async function lost(
  tx: Transaction,
  rights: Rights,
  { requestedBy }: Asked,
  missing: (caller: Caller) => string | null,
): Promise<string | null> {
  if (!requestedBy) return null; // the platform itself
  const [holder] = await tx.query<Holder>('select * from occ_holder(?::uuid)', [requestedBy]);
  if (!holder) return 'The account that asked for it is gone.';
  const { name, disabled, assignments } = holder;
  if (disabled) return `The account of ${name} is disabled.`;
  const decisions = await rights.knowing(assignments, tx);
  return missing(callerOf({ userId: requestedBy, name, displayName: name, sessionId: '', assignments }, decisions));
}
