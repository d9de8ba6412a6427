import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query';
import { computed, type Ref } from 'vue';
import { useAgentVersionList } from '../agents/use-agent-versions.ts';
import { api, read } from '../api/client.ts';
import { useIdempotencyKey } from '../api/idempotency-key.ts';
import type { Cluster, NewInstance, Project } from '../api/types.ts';
import { firstInstanceOf } from './first-instance.ts';

/** The offer of a first agent by one click; asked for only where there is no instance yet. */
export function useFirstInstance({
  isWanted,
  projects,
  clusters,
}: {
  isWanted: Ref<boolean>;
  projects: Ref<readonly Project[]>;
  clusters: Ref<readonly Cluster[]>;
}) {
  const queryClient = useQueryClient();
  const platform = useQuery({
    enabled: isWanted,
    queryKey: ['version'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/version', { signal })),
    staleTime: Infinity,
  });
  const versions = useAgentVersionList({ limit: 200 });
  const offer = computed(() =>
    isWanted.value
      ? firstInstanceOf({
          projects: projects.value,
          clusters: clusters.value,
          versions: versions.data.value?.items ?? [],
          echoModel: platform.data.value?.echoModel,
        })
      : null,
  );
  const key = useIdempotencyKey();
  const creation = useMutation({
    mutationFn: (body: NewInstance) =>
      read(api.POST('/api/v1/instances', { params: { header: key.headerFor(body) }, body })),
    onSuccess: () => key.done(),
    onSettled: () =>
      Promise.all(
        ['instances', 'operations', 'quotas'].map((name) => queryClient.invalidateQueries({ queryKey: [name] })),
      ),
  });
  return { offer, creation };
}
