import process from 'node:process';
import type { Logger } from 'pino';

export interface Shutdown {
  /** Hooks run one after the other in the order in which they were added: first what lets work in, last the pools. */
  add(name: string, hook: () => void | Promise<void>): void;
  /** Runs the hooks once. A hook that fails or hangs is logged and does not keep the others from running. */
  run(): Promise<void>;
  /** SIGTERM and SIGINT run the hooks and end the process; a second one ends it at once. */
  onSignals(): void;
}

export function createShutdown(logger: Logger, { hookTimeoutMs = 8_000 } = {}): Shutdown {
  const hooks: { name: string; hook: () => void | Promise<void> }[] = [];
  let running: Promise<void> | null = null;

  const runAll = async (): Promise<void> => {
    for (const { name, hook } of hooks) {
      try {
        await withTimeout(Promise.resolve(hook()), hookTimeoutMs);
      } catch (error) {
        logger.error({ err: error, hook: name }, 'a part did not end in order');
      }
    }
  };
  const run = (): Promise<void> => (running ??= runAll());

  return {
    add: (name, hook) => hooks.push({ name, hook }),
    run,
    onSignals() {
      const onSignal = (signal: NodeJS.Signals): void => {
        if (running) process.exit(1);
        logger.info({ signal }, 'shutting down');
        void run().then(() => process.exit(0));
      };
      process.on('SIGTERM', onSignal);
      process.on('SIGINT', onSignal);
    },
  };
}

async function withTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  const timedOut = Promise.withResolvers<never>();
  const timer = setTimeout(() => timedOut.reject(new Error(`not ended after ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([work, timedOut.promise]);
  } finally {
    clearTimeout(timer);
  }
}
