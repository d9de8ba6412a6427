import { expect } from 'vitest';
import { waitUntil } from '../../../deploy/local/wait-until.ts';
import type { Fleet } from './fleet.ts';

/** What `expect.poll` does, which exists only inside of tests. */
const until = <T>(attempt: () => Promise<T>): Promise<T> => waitUntil(attempt, { timeoutMs: 60_000, everyMs: 300 });

/** What the tenant's namespace holds of an instance in each state of its life, by kind. */
const kinds = {
  provisioned: [
    'ConfigMap',
    'ControllerRevision',
    'EndpointSlice',
    'Endpoints',
    'NetworkPolicy',
    'PersistentVolumeClaim',
    'Pod',
    'Secret',
    'Service',
    'StatefulSet',
  ],
  stopped: [
    'ConfigMap',
    'ControllerRevision',
    'EndpointSlice',
    'Endpoints',
    'NetworkPolicy',
    'PersistentVolumeClaim',
    'Secret',
    'Service',
    'StatefulSet',
  ],
  removed: ['PersistentVolumeClaim'],
  purged: [],
};
type State = keyof typeof kinds;

/** Everything in the namespace at each state of an instance's life, as an undisturbed run leaves it. */
export type Undisturbed = Record<State, string[]>;

const ownKinds = (inventory: string[]): (string | undefined)[] =>
  inventory.filter((entry) => entry.includes('INSTANCE')).map((entry) => entry.split(' ', 1)[0]);

export async function liveUndisturbed(fleet: Fleet): Promise<Undisturbed> {
  const operationId = await fleet.create('undisturbed');
  const instanceId = await fleet.instanceOf(operationId);
  const inventoryAfter = async (state: State, operation: string): Promise<string[]> => {
    await fleet.succeeded(operation);
    // The cluster makes and collects some of it a moment later.
    return until(async () => {
      const inventory = await fleet.inventory(instanceId);
      expect(ownKinds(inventory)).toEqual(kinds[state]);
      return inventory;
    });
  };
  return {
    provisioned: await inventoryAfter('provisioned', operationId),
    stopped: await inventoryAfter('stopped', await fleet.verb(instanceId, 'stop')),
    removed: await inventoryAfter('removed', await fleet.remove(instanceId)),
    purged: await inventoryAfter('purged', await fleet.remove(instanceId, { purge: true })),
  };
}

/** Nothing missing, doubled, or left behind in the whole namespace. */
export const expectAsUndisturbed = (fleet: Fleet, instanceId: string, expected: string[]): Promise<void> =>
  until(async () => expect(await fleet.inventory(instanceId)).toEqual(expected));

/** Exactly one process has there ever been, and it has never ended by itself. */
export const oneProcess = ({ gone }: { gone: boolean }): unknown => [{ uid: expect.any(String), restarts: 0, gone }];
