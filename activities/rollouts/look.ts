import type { Rights } from '../../server/access/rights.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import type { Logger } from '../../server/observability/logger.ts';

/** One attempt to take a rollout further, for as long as its worker keeps it. */
export interface Look {
  rights: Rights;
  log: Logger;
  tenantId: string;
  /** Asked by analyses; null where there is none. */
  prometheusUrl: string | null;
  /** How often beginning a target ended in something unforeseen. */
  faults: Map<string, number>;
  /** Ends with the attempt. */
  signal: AbortSignal;
  /** A transaction as the rollout's tenant. */
  transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
}
