import { CancellationScope, log } from '@temporalio/workflow';

interface Compensation {
  what: string;
  run: () => Promise<void>;
}

/** Undo steps, registered before the step they undo, run in reverse and out of reach of a cancellation. */
export class Compensations {
  #registered: Compensation[] = [];

  add(what: string, run: () => Promise<void>): void {
    this.#registered.push({ what, run });
  }

  drop(): void {
    this.#registered = [];
  }

  get any(): boolean {
    return this.#registered.length > 0;
  }

  /** Every one of them runs, also after another has failed. @returns whether all of it could be taken back */
  async run(): Promise<boolean> {
    return CancellationScope.nonCancellable(async () => {
      let complete = true;
      for (const { what, run } of [...this.#registered].reverse()) {
        try {
          await run();
        } catch (error) {
          complete = false;
          log.error('undo failed', { what, error: String(error) });
        }
      }
      this.drop();
      return complete;
    });
  }
}
