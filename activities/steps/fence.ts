import { Problem } from '../../workflows/contracts/problem.ts';
import type { Operation } from '../../server/operations/operation.entity.ts';
import { lastResumedAtMs } from '../runtimes/pauses.ts';
import type { Fence } from '../runtimes/runtime.ts';
import type { Ownership } from './ownership.ts';

/** Asked this often whether the operation still owns its subject; also how fast a superseded wait ends. */
const renewEveryMs = 1_500;
/** A permission older than this is worth nothing: the process may have been stopped and resumed in between. */
const validForMs = 5_000;

/**
 * The right to write, renewed from the operation's row while an attempt runs. A process that was stopped for a second
 * or more wakes up without it, before it can send the write it had prepared: its clock shows the gap.
 */
export class RenewedFence implements Fence {
  readonly operationId: string;
  readonly generation: number;
  readonly #ownership: Ownership;
  readonly #controller = new AbortController();
  /** When the newest question was asked whose answer was yes. */
  #askedAtMs: number;
  #superseded = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param askedAtMs when the operation was last asked for, by `performance.now()` before the question */
  constructor(ownership: Ownership, operation: Pick<Operation, 'id' | 'generation'>, askedAtMs: number) {
    this.operationId = operation.id;
    this.generation = operation.generation;
    this.#ownership = ownership;
    this.#askedAtMs = askedAtMs;
    this.#schedule();
  }

  /** Aborted when a newer operation has taken over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  assertValid(): void {
    if (this.#superseded) throw new Problem('operation.superseded');
    // An answer to a question from before the process was stopped says nothing of now.
    if (performance.now() > this.#askedAtMs + validForMs || this.#askedAtMs < lastResumedAtMs()) {
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
      if (await this.#ownership.isStillOwner(this.operationId)) {
        this.#askedAtMs = askedAtMs;
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
