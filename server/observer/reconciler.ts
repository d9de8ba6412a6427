import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../operations/operation.entity.ts';
import type { Logger } from '../observability/logger.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { OperationRuns } from '../temporal/operation-runs.ts';
import type { Lease } from './lease.ts';
import { openOperations, pageSize, type OpenOperation } from './open-operations.ts';
import { settleLost } from './commands/settle-lost.ts';

export interface ReconcilerOptions {
  db: Database;
  log: Logger;
  runs: OperationRuns;
}

const lookEveryMs = 1_000;
const firstPauseMs = 2_000;
const longestPauseMs = 15_000;
/** Unknown to Temporal twice, this far apart: it may only just have been started. */
const unknownForMs = 5_000;

/** Far longer than a round takes; who is forgotten is only asked about anew. */
const forgetAfterMs = 10 * 60_000;

/** Each is gone through page by page, so that no number of one kind keeps the others from being looked at. */
const rounds = [['Accepted'], ['Running', 'Compensating']] as const;
type Round = (typeof rounds)[number];

interface Memory {
  nextMs: number;
  pauseMs: number;
  unknownSinceMs: number | null;
}

/**
 * Brings operations and their runs together again after a crash: starts what was not started, cancels what was not
 * told, and ends what has no run any more. What it remembers only spaces the questions out.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #remembered = new Map<string, Memory>();
  /** Where a round has got to: the id of the last operation that was looked at. */
  readonly #positions = new Map<Round, string>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Works until the lease ends. */
  async work(lease: Lease): Promise<void> {
    this.#remembered.clear();
    this.#positions.clear();
    while (!lease.signal.aborted) {
      lease.assertValid();
      for (const round of rounds) await this.#look(round, lease);
      this.#forget();
      await sleep(lookEveryMs, undefined, { signal: lease.signal }).catch(() => undefined);
    }
  }

  async #look(round: Round, lease: Lease): Promise<void> {
    const { db, log } = this.#options;
    const after = this.#positions.get(round) ?? null;
    const open = await db.transaction(platformScope(), (tx) => openOperations(tx, round, after));
    for (const entry of open) {
      if (lease.signal.aborted) return;
      const memory = this.#remember(entry.operation);
      if (Date.now() < memory.nextMs) continue;
      memory.nextMs = Date.now() + memory.pauseMs;
      memory.pauseMs = Math.min(memory.pauseMs * 2, longestPauseMs);
      try {
        await this.#reconcile(entry, memory, lease);
      } catch (error) {
        lease.assertValid();
        log.warn({ operationId: entry.operation.id, err: error }, 'an operation is looked at again');
        // Temporal does not answer: the others would only wait for the same.
        return;
      }
    }
    const last = open.at(-1);
    if (last && open.length === pageSize) this.#positions.set(round, last.operation.id);
    else this.#positions.delete(round);
  }

  #forget(): void {
    const forgottenMs = Date.now() - forgetAfterMs;
    for (const [id, { nextMs }] of this.#remembered) if (nextMs < forgottenMs) this.#remembered.delete(id);
  }

  #remember({ id }: Operation): Memory {
    const known = this.#remembered.get(id);
    if (known) return known;
    const memory = { nextMs: 0, pauseMs: firstPauseMs, unknownSinceMs: null };
    this.#remembered.set(id, memory);
    return memory;
  }

  async #reconcile({ operation, clusterId }: OpenOperation, memory: Memory, lease: Lease): Promise<void> {
    const { db, log, runs } = this.#options;
    const { id, phase, cancelRequestedAt } = operation;
    const state = await runs.state(id);
    if (state === 'running') {
      memory.unknownSinceMs = null;
      if (cancelRequestedAt) await runs.cancel(id);
      return;
    }
    if (state === 'unknown' && phase === 'Accepted') {
      log.info({ operationId: id }, 'starting a workflow whose start was lost');
      await runs.start({ operation, clusterId });
      if (cancelRequestedAt) await runs.cancel(id);
      return;
    }
    if (state === 'unknown') {
      memory.unknownSinceMs ??= Date.now();
      memory.nextMs = Date.now() + unknownForMs;
      if (Date.now() - memory.unknownSinceMs < unknownForMs) return;
    }
    log.warn({ operationId: id, state }, 'the run of an operation is gone; settling it');
    await db.transaction(platformScope(), async (tx) => {
      await lease.assertHeld(tx);
      await settleLost(tx, id, state);
    });
  }
}
