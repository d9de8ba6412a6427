import type { Transaction } from '../persistence/transaction.ts';
import { missingSecrets } from './missing-secrets.ts';

/** Which secrets there are, asked once for each name of a project within a transaction, which holds those it found. */
export class KnownSecrets {
  readonly #tx: Transaction;
  readonly #places = new Map<string, { found: Set<string>; missing: Set<string> }>();

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** Of the names, those that mean nothing in the project. */
  async missing(where: { tenantId: string; projectId: string }, names: readonly string[]): Promise<string[]> {
    const key = `${where.tenantId} ${where.projectId}`;
    const known = this.#places.get(key) ?? { found: new Set(), missing: new Set() };
    this.#places.set(key, known);
    const unasked = names.filter((name) => !known.found.has(name) && !known.missing.has(name));
    if (unasked.length > 0) {
      const missing = new Set(await missingSecrets(this.#tx, where, unasked));
      for (const name of unasked) (missing.has(name) ? known.missing : known.found).add(name);
    }
    return [...new Set(names)].filter((name) => known.missing.has(name));
  }
}
