import { ref, shallowRef } from 'vue';
import { api, read } from '../api/client.ts';
import type { InstanceSummary } from '../api/types.ts';
import type { InstanceFilter } from './use-instances.ts';

/** What is known of a chosen instance when its page of the list is no longer shown. */
export type Chosen = Pick<InstanceSummary, 'id' | 'name' | 'tenantId' | 'agentKind' | 'permissions'>;

/** As many as one rollout takes. */
export const mostChosen = 5_000;
const pageSize = 200;

/** Instances chosen over many pages of the list. */
export function useSelection() {
  const chosen = shallowRef<ReadonlyMap<string, Chosen>>(new Map());
  const isGathering = ref(false);
  let gathering = 0;

  const keep = ({ id, name, tenantId, agentKind, permissions }: InstanceSummary): Chosen => ({
    id,
    name,
    tenantId,
    agentKind,
    permissions,
  });

  function set(instances: readonly InstanceSummary[], isChosen: boolean): void {
    const next = new Map(chosen.value);
    for (const instance of instances) {
      if (isChosen) next.set(instance.id, keep(instance));
      else next.delete(instance.id);
    }
    chosen.value = next;
  }

  function clear(): void {
    gathering += 1;
    isGathering.value = false;
    chosen.value = new Map();
  }

  /** All that match the filter now; a rollout freezes them, so that what matches later is not part of it. */
  async function chooseAll(filter: InstanceFilter): Promise<void> {
    const mine = (gathering += 1);
    isGathering.value = true;
    try {
      const found = new Map<string, Chosen>();
      let cursor: string | undefined;
      do {
        const query = { ...filter, cursor, limit: pageSize };
        const page = await read(api.GET('/api/v1/instances', { params: { query } }));
        if (mine !== gathering) return; // Cleared, or asked for anew, in the meantime.
        for (const instance of page.items) found.set(instance.id, keep(instance));
        cursor = page.next ?? undefined;
      } while (cursor && found.size < mostChosen);
      chosen.value = found;
    } finally {
      if (mine === gathering) isGathering.value = false;
    }
  }

  return { chosen, isGathering, set, clear, chooseAll };
}
