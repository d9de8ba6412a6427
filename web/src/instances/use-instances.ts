import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { answer, api, read } from '../api/client.ts';
import { ifMatch } from '../api/etag.ts';
import { newKey } from '../api/idempotency-key.ts';
import { pollMs } from '../api/poll.ts';
import type { DriftState, InstanceChange, InstancePhase, InstanceSummary } from '../api/types.ts';
import { isMoving } from '../ui/phase-look.ts';

export const instanceSorts = ['-createdAt', 'createdAt', 'name', '-phaseSince'] as const;
export type InstanceSort = (typeof instanceSorts)[number];

export interface InstanceFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  clusterId?: string | undefined;
  phase?: InstancePhase[] | undefined;
  name?: string | undefined;
  label?: string[] | undefined;
  drift?: DriftState[] | undefined;
  leftAlone?: 'true' | 'false' | undefined;
  sort?: InstanceSort | undefined;
  cursor?: string | undefined;
}

const moves = ({ phase, activeOperation }: Pick<InstanceSummary, 'phase' | 'activeOperation'>): boolean =>
  activeOperation !== null || isMoving('instance', phase);

export const useInstanceList = (filter: MaybeRefOrGetter<InstanceFilter>) =>
  useQuery({
    queryKey: computed(() => ['instances', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/instances', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => pollMs({ moving: state.data?.items.some(moves) ?? false, movingMs: 3_000 }),
  });

export const useInstance = (
  id: MaybeRefOrGetter<string>,
  { enabled = true }: { enabled?: MaybeRefOrGetter<boolean> } = {},
) =>
  useQuery({
    enabled: computed(() => toValue(enabled)),
    queryKey: computed(() => ['instances', toValue(id)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/instances/{id}', { params: { path: { id: toValue(id) } }, signal })),
    refetchInterval: ({ state }) => pollMs({ moving: state.data ? moves(state.data) : false, movingMs: 1_500 }),
  });

export const useInstanceEvents = (id: MaybeRefOrGetter<string>, limit: MaybeRefOrGetter<number>) =>
  useQuery({
    queryKey: computed(() => ['events', toValue(id), toValue(limit)]),
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/instances/{id}/events', {
          params: { path: { id: toValue(id) }, query: { limit: toValue(limit) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export type Verb = 'start' | 'stop' | 'restart' | 'kill' | 'sync';

/** Everything that changes an instance. Each answers with an operation, whose steps then tell how it goes. */
export function useInstanceActions(id: MaybeRefOrGetter<string>) {
  const queryClient = useQueryClient();
  const onSettled = () =>
    Promise.all(
      ['instances', 'operations', 'events', 'quotas'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
    );

  const verb = useMutation({
    mutationFn: (name: Verb) =>
      read(
        api.POST(`/api/v1/instances/{id}/${name}`, {
          params: { path: { id: toValue(id) }, header: { 'Idempotency-Key': newKey() } },
        }),
      ),
    onSettled,
  });

  const remove = useMutation({
    mutationFn: ({ generation, purge, confirm }: { generation: number; purge: boolean; confirm: string }) =>
      read(
        api.DELETE('/api/v1/instances/{id}', {
          params: {
            path: { id: toValue(id) },
            query: purge ? { purge: 'true', confirm } : {},
            header: ifMatch(generation),
          },
        }),
      ),
    onSettled,
  });

  const change = useMutation({
    /** @returns whether an operation came of it; what renders to the same bytes makes none */
    mutationFn: async ({ generation, body }: { generation: number; body: InstanceChange }): Promise<boolean> => {
      const { response } = await answer(
        api.PUT('/api/v1/instances/{id}', {
          params: { path: { id: toValue(id) }, header: ifMatch(generation) },
          body,
        }),
      );
      return response.status === 202;
    },
    onSettled,
  });

  return { verb, remove, change };
}
