import { computed, ref, toValue, type MaybeRefOrGetter } from 'vue';
import { useConfig, useConfigList, useConfigVersion } from './use-configs.ts';
import type { JsonSchema } from './schema-paths.ts';

export interface ChosenTemplate {
  /** '' = none. */
  templateId: string;
  /** null = the published one, whichever that is. */
  templateVersion: number | null;
  variables: Record<string, unknown>;
}

export const noTemplate = (): ChosenTemplate => ({ templateId: '', templateVersion: null, variables: {} });

interface Place {
  projectId: string;
  agentKind: string | undefined;
}

/** What can be chosen for an instance of a kind in a project, and what the chosen version asks for. */
export function useTemplateChoice(place: MaybeRefOrGetter<Place>, chosen: MaybeRefOrGetter<ChosenTemplate>) {
  const search = ref('');
  const list = useConfigList(
    () => ({
      projectId: toValue(place).projectId,
      agentKind: toValue(place).agentKind,
      status: ['published' as const],
      name: search.value || undefined,
      limit: 50,
    }),
    { enabled: () => toValue(place).projectId !== '' && toValue(place).agentKind !== undefined },
  );
  const id = computed(() => toValue(chosen).templateId);
  const template = useConfig(id);
  const own = computed(() => (id.value ? template.data.value : undefined));
  const number = computed(() => toValue(chosen).templateVersion ?? own.value?.publishedVersion ?? undefined);
  const version = useConfigVersion(id, number);

  return {
    search,
    templates: computed(() => {
      const listed = list.data.value?.items ?? [];
      return own.value && !listed.some((one) => one.id === own.value?.id) ? [own.value, ...listed] : listed;
    }),
    published: computed(() => own.value?.publishedVersion ?? null),
    schema: computed(() => (id.value ? ((version.data.value?.variables ?? {}) as JsonSchema) : {})),
    locks: computed(() => (id.value ? (version.data.value?.locks ?? []) : [])),
  };
}
