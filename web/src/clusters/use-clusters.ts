import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { pollMs } from '../api/poll.ts';
import { isMoving } from '../ui/phase-look.ts';

interface ClusterFilter {
  name?: string | undefined;
  /** Only those that this tenant may have instances on. */
  tenantId?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

/** What is reserved there, while a cluster is looked at. */
export const useClusterCapacity = (id: MaybeRefOrGetter<string | undefined>) =>
  useQuery({
    queryKey: computed(() => ['clusters', 'capacity', toValue(id)]),
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/clusters/{id}/capacity', { params: { path: { id: toValue(id) ?? '' } }, signal })),
    enabled: computed(() => toValue(id) !== undefined),
  });

export const useClusterList = (filter: MaybeRefOrGetter<ClusterFilter>) =>
  useQuery({
    queryKey: computed(() => ['clusters', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/clusters', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      pollMs({ moving: state.data?.items.some(({ phase }) => isMoving('cluster', phase)) ?? false, movingMs: 3_000 }),
  });
