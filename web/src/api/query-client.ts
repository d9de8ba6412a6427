import { QueryClient } from '@tanstack/vue-query';
import { ProblemError } from './problem.ts';

export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // What is wrong with a request stays wrong; what was away may be back.
        retry: (failures, error) =>
          error instanceof ProblemError && error.isTransient && isShort(error.retryAfterSeconds) && failures < 2,
        retryDelay,
        staleTime: 5_000,
        // Live events say when something changed; without them `pollMs` decides.
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });

/** Who would have to wait longer is told, and decides himself. */
const silentAtMostSeconds = 10;
const isShort = (seconds: number | null): boolean => seconds === null || seconds <= silentAtMostSeconds;

/** As long as the server asks to wait; otherwise longer from one attempt to the next. */
function retryDelay(failures: number, error: unknown): number {
  const asked = error instanceof ProblemError ? error.retryAfterSeconds : null;
  return asked === null ? Math.min(1_000 * 2 ** failures, 30_000) : asked * 1_000;
}
