import { QueryClient } from '@tanstack/vue-query';
import { ProblemError } from './problem.ts';

export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // What is wrong with a request stays wrong; what was away may be back.
        retry: (failures, error) => error instanceof ProblemError && error.isTransient && failures < 2,
        staleTime: 5_000,
        // Live events say when something changed; without them `pollMs` decides.
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
