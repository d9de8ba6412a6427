import { useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';

interface Push {
  tenantId: string;
  templateId: string;
  version: number;
}

/** What bringing a version to the bound instances would touch. */
export const usePushPreview = (push: MaybeRefOrGetter<Push>, enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: computed(() => ['rollouts', 'preview', toValue(push)]),
    queryFn: ({ signal }) => {
      const { tenantId, templateId, version } = toValue(push);
      return read(
        api.POST('/api/v1/rollouts/preview', {
          body: { tenantId, change: { kind: 'configuration', templateId, version }, selection: { templateId } },
          signal,
        }),
      );
    },
    enabled: computed(() => toValue(enabled)),
    // What it touches is counted anew whenever it is asked.
    gcTime: 0,
    retry: false,
  });
