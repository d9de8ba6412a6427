import { useQuery } from '@tanstack/vue-query';
import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { ifMatch } from '../api/etag.ts';
import type { Defaults, DefaultsInput } from '../api/types.ts';

/** Whose defaults: of the platform where nothing is named. */
export interface DefaultsPlace {
  tenantId: string | undefined;
  projectId: string | undefined;
}

export const layerOf = ({ tenantId, projectId }: DefaultsPlace): Defaults['layer'] =>
  projectId ? 'project' : tenantId ? 'tenant' : 'platform';

export const useDefaults = (
  place: MaybeRefOrGetter<DefaultsPlace>,
  agentKind: MaybeRefOrGetter<string>,
  enabled: MaybeRefOrGetter<boolean>,
) =>
  useQuery({
    queryKey: computed(() => ['defaults', toValue(place), toValue(agentKind)]),
    queryFn: ({ signal }) => {
      const { tenantId, projectId } = toValue(place);
      const kind = toValue(agentKind);
      if (projectId) {
        const path = { id: projectId, agentKind: kind };
        return read(api.GET('/api/v1/projects/{id}/defaults/{agentKind}', { params: { path }, signal }));
      }
      if (tenantId) {
        const path = { id: tenantId, agentKind: kind };
        return read(api.GET('/api/v1/tenants/{id}/defaults/{agentKind}', { params: { path }, signal }));
      }
      return read(api.GET('/api/v1/platform/defaults/{agentKind}', { params: { path: { agentKind: kind } }, signal }));
    },
    enabled: computed(() => toValue(enabled) && toValue(agentKind) !== ''),
  });

export function saveDefaults(
  { tenantId, projectId }: DefaultsPlace,
  { agentKind, generation }: Pick<Defaults, 'agentKind' | 'generation'>,
  body: DefaultsInput,
): Promise<Defaults> {
  const header = ifMatch(generation);
  if (projectId) {
    const path = { id: projectId, agentKind };
    return read(api.PUT('/api/v1/projects/{id}/defaults/{agentKind}', { params: { path, header }, body }));
  }
  if (tenantId) {
    const path = { id: tenantId, agentKind };
    return read(api.PUT('/api/v1/tenants/{id}/defaults/{agentKind}', { params: { path, header }, body }));
  }
  return read(api.PUT('/api/v1/platform/defaults/{agentKind}', { params: { path: { agentKind }, header }, body }));
}
