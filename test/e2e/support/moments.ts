import type { StepName } from '../../../workflows/contracts/steps.ts';
import { instanceOf, type Sighting } from './cluster-record.ts';
import type { Fleet } from './fleet.ts';

type Match = (sighting: Sighting) => boolean;

const is =
  (kind: Sighting['kind'], type: Sighting['type']): Match =>
  (sighting) =>
    sighting.kind === kind && sighting.type === type && instanceOf(sighting) !== undefined;

/** The first effect on the cluster of steps that are over soon, and never the last thing that they do. */
const firstEffects = {
  /** Of a tenant who has none yet. */
  ensureTenantSpace: ({ kind, type }) => kind === 'Namespace' && type === 'ADDED',
  checkConfiguration: ({ kind, type, object }) =>
    kind === 'Pod' && type === 'ADDED' && object.metadata.name.startsWith('once-'),
  placeInstance: is('StatefulSet', 'ADDED'),
  powerOff: (sighting) => is('StatefulSet', 'MODIFIED')(sighting) && sighting.object.spec?.replicas === 0,
  removeInstance: is('PersistentVolumeClaim', 'MODIFIED'),
  removeVolume: ({ kind, object }) =>
    kind === 'PersistentVolumeClaim' && object.metadata.deletionTimestamp !== undefined,
} as const satisfies Partial<Record<StepName, Match>>;

/** Steps that wait for an agent, which the stand-in draws out. */
type Wait = 'awaitReady' | 'awaitStopped' | 'awaitRemoved';

export type Moment = keyof typeof firstEffects | Wait;

const isQuick = (moment: Moment): moment is keyof typeof firstEffects => moment in firstEffects;

/**
 * Asks for an operation, and does something to the platform while that step is under way.
 * @param ask returns the id of the operation
 */
export async function disturbAt(
  fleet: Fleet,
  moment: Moment,
  ask: () => Promise<string>,
  disturb: () => Promise<void>,
): Promise<string> {
  const begun = isQuick(moment) ? fleet.record.next(firstEffects[moment]) : undefined;
  const operationId = await ask();
  await (begun ?? fleet.entered(operationId, moment));
  await disturb();
  return operationId;
}
