import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { pollMs } from '../api/poll.ts';
import { isMoving } from '../ui/phase-look.ts';

interface ClusterFilter {
  name?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

export const useClusterList = (filter: MaybeRefOrGetter<ClusterFilter>) =>
  useQuery({
    queryKey: computed(() => ['clusters', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/clusters', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      pollMs({ moving: state.data?.items.some(({ phase }) => isMoving('cluster', phase)) ?? false, movingMs: 3_000 }),
  });
