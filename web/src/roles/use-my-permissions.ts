import { useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';

/** What the person may do in the place that the page is about. */
export const useMyPermissions = (
  place: MaybeRefOrGetter<{ tenantId?: string | undefined; projectId?: string | undefined }>,
) =>
  useQuery({
    queryKey: computed(() => ['me', 'permissions', toValue(place)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/me/permissions', { params: { query: toValue(place) }, signal })),
  });
