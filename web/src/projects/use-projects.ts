import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';

interface ProjectFilter {
  tenantId?: string | undefined;
  name?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

export const useProjectList = (filter: MaybeRefOrGetter<ProjectFilter>) =>
  useQuery({
    queryKey: computed(() => ['projects', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/projects', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
  });
