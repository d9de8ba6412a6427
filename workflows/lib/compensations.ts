import { CancellationScope, log } from '@temporalio/workflow';

interface Compensation {
  what: string;
  run: () => Promise<void>;
}

/** Undo steps, registered before the step they undo, run in reverse and out of reach of a cancellation. */
export class Compensations {
  #registered: Compensation[] = [];
  #dropped = false;

  add(what: string, run: () => Promise<void>): void {
    this.#registered.push({ what, run });
  }

  /** What was done stays; `run` then says so. */
  drop(): void {
    this.#registered = [];
    this.#dropped = true;
  }

  get any(): boolean {
    return this.#registered.length > 0;
  }

  /** Every one of them runs, also after another has failed. @returns true when nothing of what was done remains */
  async run(): Promise<boolean> {
    return CancellationScope.nonCancellable(async () => {
      let complete = !this.#dropped;
      for (const { what, run } of [...this.#registered].reverse()) {
        try {
          await run();
        } catch (error) {
          complete = false;
          log.error('undo failed', { what, error: String(error) });
        }
      }
      this.#registered = [];
      return complete;
    });
  }
}
