import { useQuery } from '@tanstack/vue-query';
import { api, read } from '../api/client.ts';
import { pollMs } from '../api/poll.ts';

/** Each run is announced; between two of them only the clock moves on. */
export const useMaintenance = () =>
  useQuery({
    queryKey: ['maintenance'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/maintenance-schedules', { signal })),
    refetchInterval: () => pollMs({ moving: false }),
  });
