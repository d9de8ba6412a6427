import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';

interface AgentVersionFilter {
  cursor?: string | undefined;
  limit?: number;
}

export const useAgentVersionList = (filter: MaybeRefOrGetter<AgentVersionFilter>) =>
  useQuery({
    queryKey: computed(() => ['agent-versions', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/agent-versions', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
  });

/** Kinds come with the platform's adapters: they change with its release only. */
export const useAgentKinds = () =>
  useQuery({
    queryKey: ['agent-kinds'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/agent-kinds', { signal })),
    staleTime: Infinity,
  });
