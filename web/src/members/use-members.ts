import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';

interface MemberFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  userId?: string | undefined;
  name?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

interface Options {
  enabled?: MaybeRefOrGetter<boolean>;
}

export const useMemberList = (filter: MaybeRefOrGetter<MemberFilter>, { enabled = true }: Options = {}) =>
  useQuery({
    queryKey: computed(() => ['members', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/members', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled)),
  });

export const useInvitationList = (
  filter: MaybeRefOrGetter<{ tenantId?: string | undefined; projectId?: string | undefined }>,
) =>
  useQuery({
    queryKey: computed(() => ['invitations', 'list', toValue(filter)]),
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/invitations', { params: { query: { ...toValue(filter), limit: 200 } }, signal })),
    placeholderData: keepPreviousData,
  });
