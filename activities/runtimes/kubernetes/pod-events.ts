import type { Cluster } from './cluster.ts';
import type { Kinds, Stored } from './objects.ts';

type Event = Stored<Kinds['Event']>;

/** What the cluster has said of one object, the newest first. */
export async function eventsOf(
  cluster: Cluster,
  namespace: string,
  uid: string,
  signal: AbortSignal,
): Promise<Event[]> {
  const query = { fieldSelector: `involvedObject.uid=${uid}`, limit: 100 };
  const { items } = await cluster.list('Event', namespace, query, signal);
  return items.toSorted((left, right) => timeOf(right) - timeOf(left));
}

export const timeOf = (event: Event): number =>
  Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '');

/**
 * The pull that is under way, by the events of a pod without a container. Its status does not tell: it says
 * `ContainerCreating` of a pull, of a volume that cannot be mounted, and of a node that is slow.
 */
export function pullOf(events: readonly Event[]): Event | undefined {
  const newest = (reason: string) => events.find((event) => event.reason === reason);
  const [pulling, pulled] = [newest('Pulling'), newest('Pulled')];
  // Times are in whole seconds.
  return pulling && (!pulled || timeOf(pulled) < timeOf(pulling)) ? pulling : undefined;
}
