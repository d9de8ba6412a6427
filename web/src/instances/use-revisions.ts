import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { newKey } from '../api/idempotency-key.ts';

type Id = MaybeRefOrGetter<string>;

export const useRevisions = (id: Id, cursor: MaybeRefOrGetter<string | undefined>) =>
  useQuery({
    queryKey: computed(() => ['instances', toValue(id), 'revisions', toValue(cursor)]),
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/instances/{id}/revisions', {
          params: { path: { id: toValue(id) }, query: { cursor: toValue(cursor) } },
          signal,
        }),
      ),
  });

/** Two revisions that are compared. */
export interface Sides {
  from: number;
  to: number;
}

/** A revision never changes, so neither does what differs between two. */
export const useRevisionDiff = (id: Id, sides: MaybeRefOrGetter<Sides | null>) =>
  useQuery({
    enabled: computed(() => toValue(sides) !== null),
    queryKey: computed(() => ['revision-diffs', toValue(id), toValue(sides)]),
    queryFn: ({ signal }) => {
      const { from, to } = toValue(sides) ?? { from: 1, to: 1 };
      return read(
        api.GET('/api/v1/instances/{id}/revisions/diff', {
          params: { path: { id: toValue(id) }, query: { from, to } },
          signal,
        }),
      );
    },
    staleTime: Infinity,
  });

export const useBackups = (id: Id) =>
  useQuery({
    queryKey: computed(() => ['instances', toValue(id), 'backups']),
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/instances/{id}/backups', {
          params: { path: { id: toValue(id) }, query: { limit: 100 } },
          signal,
        }),
      ),
  });

export const useDrift = (id: Id) =>
  useQuery({
    queryKey: computed(() => ['instances', toValue(id), 'drift']),
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/instances/{id}/drift', { params: { path: { id: toValue(id) } }, signal })),
  });

/** Going back to a revision, and comparing what runs with what should. */
export function useRevisionActions(id: Id) {
  const queryClient = useQueryClient();
  const params = () => ({ path: { id: toValue(id) }, header: { 'Idempotency-Key': newKey() } });
  const readAgain = () =>
    Promise.all(['instances', 'operations'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));

  const goBack = useMutation({
    mutationFn: (body: { revision: number; discardNewState: boolean }) =>
      read(api.POST('/api/v1/instances/{id}/rollback', { params: params(), body })),
    onSettled: readAgain,
  });
  const checkDrift = useMutation({
    mutationFn: () => read(api.POST('/api/v1/instances/{id}/drift', { params: params() })),
    onSettled: readAgain,
  });
  return { goBack, checkDrift };
}
