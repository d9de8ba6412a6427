import { computed, onScopeDispose, ref, type MaybeRefOrGetter } from 'vue';
import { useRolloutTargets } from './use-rollouts.ts';

/** The pointer rests: worth asking who that is. */
const restMs = 120;

/** More about the cell that is pointed at, asked for when the pointer rests. */
export function useLookedAt(rolloutId: MaybeRefOrGetter<string>) {
  const wanted = ref<string | null>(null);
  const asked = ref<string | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onScopeDispose(() => clearTimeout(timer));

  const found = useRolloutTargets(
    rolloutId,
    computed(() => ({ instanceId: asked.value ?? undefined, limit: 1 })),
    { enabled: computed(() => asked.value !== null) },
  );

  return {
    look(instanceId: string | null): void {
      wanted.value = instanceId;
      clearTimeout(timer);
      timer = setTimeout(() => (asked.value = instanceId), restMs);
    },
    lookedAt: computed(() => {
      if (wanted.value === null) return null;
      const target = found.data.value?.items[0];
      return target?.instanceId === wanted.value ? target : null;
    }),
  };
}
