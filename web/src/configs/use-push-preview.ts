import { useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { ProblemError } from '../api/problem.ts';
import type { RolloutPreview } from '../api/types.ts';

/** All that is bound renders to the same: no reason not to publish. */
const nothing: RolloutPreview = {
  total: 0,
  waves: [],
  restarts: 0,
  unchanged: 0,
  refused: 0,
  conflicts: [],
  targets: [],
};

interface Push {
  tenantId: string;
  templateId: string;
  version: number;
}

/** What bringing a version to the bound instances would touch. */
export const usePushPreview = (push: MaybeRefOrGetter<Push>, enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: computed(() => ['rollouts', 'preview', toValue(push)]),
    queryFn: async ({ signal }): Promise<RolloutPreview> => {
      const { tenantId, templateId, version } = toValue(push);
      const body = {
        tenantId,
        change: { kind: 'configuration' as const, templateId, version },
        selection: { templateId },
      };
      try {
        return await read(api.POST('/api/v1/rollouts/preview', { body, signal }));
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'rollout.no-targets') return nothing;
        throw error;
      }
    },
    enabled: computed(() => toValue(enabled)),
    // What it touches is counted anew whenever it is asked.
    gcTime: 0,
    retry: false,
  });
