import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { newKey } from '../api/idempotency-key.ts';
import { pollMs } from '../api/poll.ts';
import type { OperationKind, OperationPhase } from '../api/types.ts';
import { isMoving } from '../ui/phase-look.ts';

export interface OperationFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  instanceId?: string | undefined;
  kind?: OperationKind[] | undefined;
  phase?: OperationPhase[] | undefined;
  active?: 'true' | undefined;
  cursor?: string | undefined;
  limit?: number;
}

export const useOperationList = (filter: MaybeRefOrGetter<OperationFilter>) =>
  useQuery({
    queryKey: computed(() => ['operations', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/operations', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      pollMs({ moving: state.data?.items.some(({ phase }) => isMoving('operation', phase)) ?? false }),
  });

export const useOperation = (id: MaybeRefOrGetter<string | undefined>) =>
  useQuery({
    queryKey: computed(() => ['operations', toValue(id)]),
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/operations/{id}', { params: { path: { id: toValue(id) ?? '' } }, signal })),
    enabled: computed(() => toValue(id) !== undefined),
    // Steps are not announced one by one.
    refetchInterval: ({ state }) =>
      pollMs({ moving: state.data ? isMoving('operation', state.data.phase) : false, movingMs: 1_000 }),
  });

/** Cancel and retry; both answer with an operation. */
export function useOperationActions() {
  const queryClient = useQueryClient();
  const readAgain = () =>
    Promise.all(['operations', 'instances'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
  const cancel = useMutation({
    mutationFn: (id: string) =>
      read(
        api.POST('/api/v1/operations/{id}/cancel', {
          params: { path: { id }, header: { 'Idempotency-Key': newKey() } },
        }),
      ),
    onSettled: readAgain,
  });
  const retry = useMutation({
    mutationFn: (id: string) =>
      read(
        api.POST('/api/v1/operations/{id}/retry', {
          params: { path: { id }, header: { 'Idempotency-Key': newKey() } },
        }),
      ),
    onSettled: readAgain,
  });
  return { cancel, retry };
}
