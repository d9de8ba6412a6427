import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';

interface Place {
  tenantId: string | undefined;
  projectId?: string | undefined;
}

/** The roles that can be held in a tenant; `grantable` is answered for the place. */
export const useRoleList = (
  place: MaybeRefOrGetter<Place>,
  { enabled = true }: { enabled?: MaybeRefOrGetter<boolean> } = {},
) =>
  useQuery({
    queryKey: computed(() => ['roles', 'list', toValue(place)]),
    queryFn: ({ signal }) => {
      const { tenantId = '', projectId } = toValue(place);
      return read(api.GET('/api/v1/roles', { params: { query: { tenantId, projectId } }, signal }));
    },
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled) && toValue(place).tenantId !== undefined),
  });

export const usePermissionCatalogue = () =>
  useQuery({
    queryKey: ['permissions'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/permissions', { signal })),
    staleTime: Infinity,
  });
