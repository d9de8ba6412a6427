import { lostRight } from '../../access/lost-right.ts';
import type { Rights } from '../../access/rights.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { rightTo } from '../right-to.ts';
import type { Rollout } from '../rollout.entity.ts';

/** Whoever asked for the rollout may no longer do what comes next; the message says what, for people. */
export class RightsLost extends Error {}

type Asked = Pick<Rollout, 'tenantId' | 'requestedBy' | 'kind'>;

/** What the one who asked for the rollout may no longer do in this project; see `lostRight`. */
export function lostRights(
  tx: Transaction,
  rights: Rights,
  { tenantId, requestedBy, kind }: Asked,
  projectId: string,
): Promise<string | null> {
  const needed = ['rollout:create', rightTo[kind]] as const;
  return lostRight(
    tx,
    rights,
    requestedBy,
    ({ can }) => needed.find((right) => !can(right, { tenantId, projectId })) ?? null,
  );
}

/** The same of a question to Prometheus, which knows of all tenants. */
export const lostQuery = (tx: Transaction, rights: Rights, { requestedBy }: Asked): Promise<string | null> =>
  lostRight(tx, rights, requestedBy, ({ can }) => (can('prometheus:query', 'platform') ? null : 'prometheus:query'));
