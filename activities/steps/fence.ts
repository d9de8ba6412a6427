import { Problem } from '../../workflows/contracts/problem.ts';
import type { Operation } from '../../server/operations/operation.entity.ts';
import type { Fence } from '../runtimes/runtime.ts';
import type { Ownership } from './ownership.ts';

/** Asked this often whether the operation still owns its subject; also how fast a superseded wait ends. */
const renewEveryMs = 1_500;
/** A permission older than this is worth nothing: the process may have been stopped and resumed in between. */
const validForMs = 5_000;
/** The process looks at the clock this often; a longer gap means that it was stopped in between. */
const tickEveryMs = 200;
const longestGapMs = 1_000;

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
  /** Answers to questions from before this are void: the process was stopped in between. */
  #voidBeforeMs = 0;
  #superseded = false;
  #timer: NodeJS.Timeout | undefined;
  #tickedAtMs = performance.now();
  readonly #ticking: NodeJS.Timeout;

  /** @param askedAtMs when the operation was last asked for, by `performance.now()` before the question */
  constructor(ownership: Ownership, operation: Pick<Operation, 'id' | 'generation'>, askedAtMs: number) {
    this.operationId = operation.id;
    this.generation = operation.generation;
    this.#ownership = ownership;
    this.#askedAtMs = askedAtMs;
    this.#ticking = setInterval(() => this.#tick(), tickEveryMs);
    this.#ticking.unref();
    this.#schedule();
  }

  /** Aborted when a newer operation has taken over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  assertValid(): void {
    if (this.#superseded) throw new Problem('operation.superseded');
    const nowMs = this.#tick();
    if (nowMs > this.#askedAtMs + validForMs || this.#askedAtMs < this.#voidBeforeMs) {
      throw new Problem('server.unavailable', 'the right to write ran out before the write; trying again');
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#ticking);
  }

  #tick(): number {
    const nowMs = performance.now();
    if (nowMs - this.#tickedAtMs > longestGapMs) this.#voidBeforeMs = nowMs;
    this.#tickedAtMs = nowMs;
    return nowMs;
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
