import type { ClusterRecord, Sighting } from '../e2e/support/cluster-record.ts';
import { instanceOf } from '../e2e/support/cluster-record.ts';
import { contentHash } from '../../activities/runtimes/kubernetes/names.ts';
import type { Kinds, Stored } from '../../activities/runtimes/kubernetes/objects.ts';
import { isReadyPod } from '../fakes/agent-fleet/pod-status.ts';

/** What a stretch of time did to one instance, as a watch saw it; a re-apply that changes nothing is not in it. */
export interface Effects {
  /** How often the content of its configuration changed. */
  configurations: number;
  /** How often the specification of its workload changed. */
  specifications: number;
  /** How many processes began. */
  processes: number;
  lateWrites: string[];
  /** When its configuration changed first, on the clock of the whole cluster; null where it never did. */
  changedAt: number | null;
  /** When a process that began in this time was ready first. */
  readyAt: number | null;
}

/** The API server counts all writes to all objects; what it counts is the order in which things happened. */
const clockOf = ({ object }: Sighting): number => Number(object.metadata.resourceVersion);

/** What the watch knew of each instance when a stretch of time began. */
export interface Baseline {
  sightings: number;
  configurations: Map<string, string>;
  generations: Map<string, number>;
  processes: Map<string, Set<string>>;
}

export function baselineOf(record: ClusterRecord, before: Stored[]): Baseline {
  const baseline: Baseline = {
    sightings: record.sightings.length,
    configurations: new Map(),
    generations: new Map(),
    processes: new Map(),
  };
  for (const object of before) note(baseline, object);
  return baseline;
}

function note(baseline: Baseline, object: Stored & { kind?: string; data?: object }): void {
  const instanceId = instanceOf({ type: 'ADDED', kind: 'ConfigMap', object });
  if (!instanceId) return;
  if (object.kind === 'ConfigMap') baseline.configurations.set(instanceId, contentHash(object.data));
  if (object.kind === 'StatefulSet') baseline.generations.set(instanceId, object.metadata.generation ?? 0);
  if (object.kind === 'Pod') {
    baseline.processes.set(instanceId, (baseline.processes.get(instanceId) ?? new Set()).add(object.metadata.uid));
  }
}

/** What has happened to an instance since then. */
export function effectsOn(record: ClusterRecord, baseline: Baseline, instanceId: string): Effects {
  const own = record.sightings.slice(baseline.sightings).filter((sighting) => instanceOf(sighting) === instanceId);
  const effects: Effects = {
    configurations: 0,
    specifications: 0,
    processes: 0,
    lateWrites: record.lateWrites(instanceId),
    changedAt: null,
    readyAt: null,
  };
  let configuration = baseline.configurations.get(instanceId);
  let generation = baseline.generations.get(instanceId) ?? 0;
  const processes = new Set(baseline.processes.get(instanceId));
  for (const sighting of own) {
    const { kind, object } = sighting;
    if (kind === 'ConfigMap') {
      const content = contentHash((object as Stored<Kinds['ConfigMap']>).data);
      if (content === configuration) continue;
      configuration = content;
      effects.configurations += 1;
      effects.changedAt ??= clockOf(sighting);
    }
    if (kind === 'StatefulSet') {
      // A watch that was cut off shows the last state only: what it skipped is in the number.
      const now = object.metadata.generation ?? generation;
      effects.specifications += Math.max(0, now - generation);
      generation = Math.max(now, generation);
    }
    if (kind === 'Pod') {
      const isNew = !baseline.processes.get(instanceId)?.has(object.metadata.uid);
      if (isNew && !processes.has(object.metadata.uid)) effects.processes += 1;
      processes.add(object.metadata.uid);
      if (isNew && isReadyPod(object as Stored<Kinds['Pod']>)) effects.readyAt ??= clockOf(sighting);
    }
  }
  return effects;
}

/** Comparable between two runs that bring different contents to the same instances. */
export const shapeOf = ({
  configurations,
  specifications,
  processes,
}: Pick<Effects, 'configurations' | 'specifications' | 'processes'>): string =>
  JSON.stringify({ configurations, specifications, processes });
