import { isActive } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { Operation } from '../../server/operations/operation.entity.ts';
import { tenantScope, type Database } from '../../server/persistence/database.ts';
import type { Fence } from '../runtimes/runtime.ts';

/** Asked this often whether the operation still owns its subject; also how fast a superseded wait ends. */
const renewEveryMs = 1_500;
/** A permission older than this is worth nothing: the process may have been stopped and resumed in between. */
const validForMs = 5_000;

/**
 * The right to write, renewed from the operation's row while an attempt runs. A process that was paused for longer
 * than a permission lasts wakes up without one, before it can send the write it had prepared.
 */
export class RenewedFence implements Fence {
  readonly operationId: string;
  readonly generation: number;
  readonly #db: Database;
  readonly #tenantId: string;
  readonly #controller = new AbortController();
  #validUntilMs: number;
  #superseded = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param askedAtMs when the operation was last asked for, by `performance.now()` before the question */
  constructor(db: Database, operation: Pick<Operation, 'id' | 'tenantId' | 'generation'>, askedAtMs: number) {
    this.operationId = operation.id;
    this.generation = operation.generation;
    this.#db = db;
    this.#tenantId = operation.tenantId;
    this.#validUntilMs = askedAtMs + validForMs;
    this.#schedule();
  }

  /** Aborted when a newer operation has taken over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  assertValid(): void {
    if (this.#superseded) throw new Problem('operation.superseded');
    if (performance.now() > this.#validUntilMs) {
      throw new Problem('server.unavailable', 'the right to write ran out before the write; trying again');
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#renew(), renewEveryMs);
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const askedAtMs = performance.now();
    try {
      const phase = await this.#db.transaction(
        tenantScope(this.#tenantId),
        async ({ em }) => (await em.findOne(Operation, { id: this.operationId }))?.phase,
      );
      if (phase && isActive(phase)) {
        this.#validUntilMs = askedAtMs + validForMs;
      } else {
        this.#superseded = true;
        this.#controller.abort(new Problem('operation.superseded'));
        return;
      }
    } catch {
      // Without an answer the permission runs out by itself; the attempt then ends as one to be repeated.
    }
    this.#schedule();
  }
}
