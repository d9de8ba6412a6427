import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { pollMs } from '../api/poll.ts';
import type { ConfigStatus } from '../api/types.ts';

export const configSorts = ['name', '-name', '-updatedAt', 'updatedAt'] as const;
export type ConfigSort = (typeof configSorts)[number];

export interface ConfigFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  agentKind?: string | undefined;
  status?: ConfigStatus[] | undefined;
  name?: string | undefined;
  sort?: ConfigSort | undefined;
  cursor?: string | undefined;
  limit?: number;
}
interface Enabled {
  enabled?: MaybeRefOrGetter<boolean>;
}

export const useConfigList = (filter: MaybeRefOrGetter<ConfigFilter>, { enabled = true }: Enabled = {}) =>
  useQuery({
    queryKey: computed(() => ['configs', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/configs', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled)),
  });

export const useConfig = (id: MaybeRefOrGetter<string>) =>
  useQuery({
    queryKey: computed(() => ['configs', toValue(id)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/configs/{id}', { params: { path: { id: toValue(id) } }, signal })),
    // A rollout that brings a version to the instances tells of itself, not of the template.
    refetchInterval: ({ state }) => pollMs({ moving: (state.data?.outdated ?? 0) > 0, movingMs: 5_000 }),
    enabled: computed(() => toValue(id) !== ''),
  });

export const useConfigVersions = (
  id: MaybeRefOrGetter<string>,
  page: MaybeRefOrGetter<{ cursor?: string | undefined; limit?: number }>,
  { enabled = true }: Enabled = {},
) =>
  useQuery({
    queryKey: computed(() => ['configs', toValue(id), 'versions', toValue(page)]),
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/configs/{id}/versions', {
          params: { path: { id: toValue(id) }, query: toValue(page) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled) && toValue(id) !== ''),
  });

/** A version never changes what it says; only its status does. */
export const useConfigVersion = (id: MaybeRefOrGetter<string>, version: MaybeRefOrGetter<number | undefined>) =>
  useQuery({
    queryKey: computed(() => ['configs', toValue(id), 'versions', toValue(version)]),
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/configs/{id}/versions/{version}', {
          params: { path: { id: toValue(id), version: toValue(version) ?? 0 } },
          signal,
        }),
      ),
    enabled: computed(() => toValue(id) !== '' && toValue(version) !== undefined),
  });

export const useConfigDiff = (
  id: MaybeRefOrGetter<string>,
  from: MaybeRefOrGetter<number>,
  to: MaybeRefOrGetter<number>,
) =>
  useQuery({
    queryKey: computed(() => ['configs', toValue(id), 'diff', toValue(from), toValue(to)]),
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/configs/{id}/diff', {
          params: { path: { id: toValue(id) }, query: { from: String(toValue(from)), to: String(toValue(to)) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(from) > 0 && toValue(to) > 0),
  });
