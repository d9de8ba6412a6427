import { belongsToOneTenant } from '../clusters/runtime-kinds.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { PlaceCandidate } from './choose-place.ts';
import { findPlace, refusalOf, type PlaceOrder, type Placement } from './find-place.ts';

export interface SettledPlace {
  cluster: PlaceCandidate;
  placement: Placement;
  /** It was nobody's, and is this tenant's from now on. */
  taken: boolean;
}

/**
 * Finds a place and holds it until the end of the transaction: nobody gives the cluster to another tenant meanwhile, and
 * a machine that was nobody's is this tenant's from now on.
 * @throws Problem 'cluster.unknown', 'cluster.not-for-tenant', 'cluster.not-ready', 'cluster.cordoned', 'cluster.full',
 *   'cluster.none-fits', 'agent.version-unfit', 'request.unfit'
 */
export async function settlePlace(tx: Transaction, order: PlaceOrder): Promise<SettledPlace> {
  for (;;) {
    const found = await findPlace(tx, order);
    const { cluster, placement } = found;
    if (!cluster) throw refusalOf(found, order);
    const one = belongsToOneTenant(cluster.runtime);
    const [row] = await tx.query<{ settled: boolean }>('select occ_settle_on(?, ?, ?) as settled', [
      cluster.id,
      order.tenantId,
      one,
    ]);
    if (row?.settled) return { cluster, placement, taken: one && cluster.belongsTo === 'nobody' };
    // Somebody else was given it, or took it, since it was read: it is none of the candidates any more.
    if (placement.by === 'person') throw new Problem('cluster.not-for-tenant');
  }
}
