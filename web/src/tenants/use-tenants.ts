import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { pollMs } from '../api/poll.ts';
import { isMoving } from '../ui/phase-look.ts';

interface TenantFilter {
  name?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

export const useTenantList = (filter: MaybeRefOrGetter<TenantFilter>) =>
  useQuery({
    queryKey: computed(() => ['tenants', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/tenants', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      pollMs({ moving: state.data?.items.some(({ phase }) => isMoving('tenant', phase)) ?? false }),
  });

export const useQuota = (tenantId: MaybeRefOrGetter<string | undefined>) =>
  useQuery({
    queryKey: computed(() => ['quotas', toValue(tenantId)]),
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/tenants/{id}/quota', { params: { path: { id: toValue(tenantId) ?? '' } }, signal })),
    enabled: computed(() => toValue(tenantId) !== undefined),
  });
