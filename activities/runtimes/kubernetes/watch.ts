import type { ObservedInstance, WatchHandlers } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { follow, type Following } from './follow.ts';
import { instanceSelector } from './names.ts';
import type { Kind, Kinds, Stored } from './objects.ts';
import {
  claimFacts,
  joinObserved,
  processFacts,
  workloadFacts,
  type ClaimFacts,
  type ProcessFacts,
  type WorkloadFacts,
} from './observed.ts';

interface Facts {
  instanceId: string;
  tenantId: string;
}

/** What is known of one kind, by instance. */
interface Shelf<F extends Facts> {
  known: Map<string, F>;
  current: boolean;
}

const emptyShelf = <F extends Facts>(): Shelf<F> => ({ known: new Map(), current: false });

/**
 * Three kinds are followed, a few facts of each kept, and joined by instance. An instance is told of again only when
 * the joined facts differ; a snapshot whenever all three kinds are complete again.
 */
export async function watchInstances(cluster: Cluster, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
  const workloads = emptyShelf<WorkloadFacts>();
  const processes = emptyShelf<ProcessFacts>();
  const claims = emptyShelf<ClaimFacts>();
  const shelves: Shelf<Facts>[] = [workloads, processes, claims];
  const told = new Map<string, string>();

  const joined = (facts: Facts): ObservedInstance =>
    joinObserved(
      { instanceId: facts.instanceId, tenantId: facts.tenantId },
      workloads.known.get(facts.instanceId),
      processes.known.get(facts.instanceId),
      claims.known.get(facts.instanceId),
    );

  const tellAll = (): void => {
    if (!shelves.every((shelf) => shelf.current)) return;
    const all = new Map<string, ObservedInstance>();
    for (const shelf of shelves) {
      for (const [instanceId, facts] of shelf.known) if (!all.has(instanceId)) all.set(instanceId, joined(facts));
    }
    told.clear();
    for (const [instanceId, instance] of all) told.set(instanceId, JSON.stringify(instance));
    handlers.onSnapshot([...all.values()]);
  };

  const tell = (facts: Facts): void => {
    if (!shelves.every((shelf) => shelf.current)) return;
    const instance = joined(facts);
    const text = JSON.stringify(instance);
    if (told.get(facts.instanceId) === text) return;
    if (shelves.some((shelf) => shelf.known.has(facts.instanceId))) told.set(facts.instanceId, text);
    else told.delete(facts.instanceId);
    handlers.onChange(instance);
  };

  const following = <K extends Kind, F extends Facts>(
    kind: K,
    shelf: Shelf<F>,
    factsOf: (object: Stored<Kinds[K]>) => F,
  ): Following<K> => ({
    kind,
    labelSelector: instanceSelector,
    onList: async (objects) => {
      const known = new Map<string, F>();
      for await (const object of objects) {
        const facts = factsOf(object);
        known.set(facts.instanceId, facts);
      }
      shelf.known = known;
      shelf.current = true;
      tellAll();
    },
    onChange: (object) => {
      const facts = factsOf(object);
      shelf.known.set(facts.instanceId, facts);
      tell(facts);
    },
    onRemoval: (object) => {
      const facts = factsOf(object);
      shelf.known.delete(facts.instanceId);
      tell(facts);
    },
    onLost: (error) => {
      shelf.current = false;
      handlers.onLost(error);
    },
  });

  await Promise.all([
    follow(cluster, following('StatefulSet', workloads, workloadFacts), signal),
    follow(cluster, following('Pod', processes, processFacts), signal),
    follow(cluster, following('PersistentVolumeClaim', claims, claimFacts), signal),
  ]);
}
