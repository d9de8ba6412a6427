import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';

interface SecretFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  name?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

export const useSecretList = (
  filter: MaybeRefOrGetter<SecretFilter>,
  { enabled = true }: { enabled?: MaybeRefOrGetter<boolean> } = {},
) =>
  useQuery({
    queryKey: computed(() => ['secrets', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/secrets', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled)),
  });
