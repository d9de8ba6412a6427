import { instanceOf, type Sighting } from './cluster-record.ts';

type Match = (sighting: Sighting) => boolean;

const is =
  (kind: Sighting['kind'], type: Sighting['type']): Match =>
  (sighting) =>
    sighting.kind === kind && sighting.type === type;

const leaves =
  (kind: Sighting['kind']): Match =>
  ({ kind: seen, object }) =>
    seen === kind && object.metadata.deletionTimestamp !== undefined;

/** When a step is certain to be under way: what the cluster shows as its first effect, and not yet the last one. */
export const moments = {
  checkConfiguration: ({ kind, type, object }) =>
    kind === 'Pod' && type === 'ADDED' && object.metadata.name.startsWith('once-'),
  placeInstance: is('StatefulSet', 'ADDED'),
  awaitReady: (sighting) => is('Pod', 'ADDED')(sighting) && instanceOf(sighting) !== undefined,
  powerOff: (sighting) => is('StatefulSet', 'MODIFIED')(sighting) && sighting.object.spec?.replicas === 0,
  awaitStopped: leaves('Pod'),
  removeInstance: is('PersistentVolumeClaim', 'MODIFIED'),
  awaitRemoved: is('StatefulSet', 'DELETED'),
  removeVolume: leaves('PersistentVolumeClaim'),
} as const satisfies Record<string, Match>;

export type Moment = keyof typeof moments;
