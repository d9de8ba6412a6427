import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { newKey } from '../api/idempotency-key.ts';
import { pollMs } from '../api/poll.ts';
import type { Rollout, RolloutPhase, RolloutTargetPhase } from '../api/types.ts';
import { isMoving } from '../ui/phase-look.ts';
import type { Control } from './allowed-controls.ts';

interface RolloutFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  phase?: RolloutPhase[] | undefined;
  kind?: Rollout['kind'][] | undefined;
  cursor?: string | undefined;
}

/** Its events say when it moves; this is for what has no event, such as the end of a bake. */
const movingMs = 5_000;

export const useRolloutList = (filter: MaybeRefOrGetter<RolloutFilter>) =>
  useQuery({
    queryKey: computed(() => ['rollouts', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/rollouts', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      pollMs({ moving: state.data?.items.some(({ phase }) => isMoving('rollout', phase)) ?? false, movingMs }),
  });

export const useRollout = (id: MaybeRefOrGetter<string>) =>
  useQuery({
    queryKey: computed(() => ['rollouts', toValue(id)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/rollouts/{id}', { params: { path: { id: toValue(id) } }, signal })),
    refetchInterval: ({ state }) =>
      pollMs({ moving: state.data ? isMoving('rollout', state.data.phase) : false, movingMs }),
  });

/** All targets at once: a thousand of them are compared and drawn, never made reactive one by one. */
export const useRolloutCells = (id: MaybeRefOrGetter<string>, moving: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: computed(() => ['rollouts', toValue(id), 'cells']),
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/rollouts/{id}/cells', { params: { path: { id: toValue(id) } }, signal })),
    shallow: true,
    structuralSharing: false,
    refetchInterval: () => pollMs({ moving: toValue(moving), movingMs }),
  });

interface TargetFilter {
  wave?: number | undefined;
  phase?: RolloutTargetPhase[] | undefined;
  name?: string | undefined;
  instanceId?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

export const useRolloutTargets = (
  id: MaybeRefOrGetter<string>,
  filter: MaybeRefOrGetter<TargetFilter>,
  { enabled = true }: { enabled?: MaybeRefOrGetter<boolean> } = {},
) =>
  useQuery({
    queryKey: computed(() => ['rollouts', toValue(id), 'targets', toValue(filter)]),
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/rollouts/{id}/targets', {
          params: { path: { id: toValue(id) }, query: toValue(filter) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled)),
  });

export interface ControlOrder {
  control: Control;
  reason: string;
  /** Of a promotion: past a judgement that is against it. */
  force: boolean;
  /** Of a way back: also where work was done since. */
  discardNewState: boolean;
}

/** Pause, resume, promote, abort, roll back and retry; all answer with a rollout, retry with the new one. */
export function useRolloutControls(id: MaybeRefOrGetter<string>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ control, reason, force, discardNewState }: ControlOrder) => {
      const params = { path: { id: toValue(id) }, header: { 'Idempotency-Key': newKey() } };
      const said = reason ? { reason } : {};
      switch (control) {
        case 'promote':
          return read(api.POST('/api/v1/rollouts/{id}/promote', { params, body: { ...said, force } }));
        case 'resume':
          return read(api.POST('/api/v1/rollouts/{id}/resume', { params, body: { ...said, discardNewState } }));
        case 'rollback':
          return read(api.POST('/api/v1/rollouts/{id}/rollback', { params, body: { ...said, discardNewState } }));
        default:
          return read(api.POST(`/api/v1/rollouts/{id}/${control}`, { params, body: said }));
      }
    },
    onSettled: () =>
      Promise.all(['rollouts', 'instances'].map((key) => queryClient.invalidateQueries({ queryKey: [key] }))),
  });
}
