import { objectNameOf, podNameOf } from '../../activities/runtimes/kubernetes/names.ts';
import type { ClusterWrite } from './cluster-writes.ts';
import type { Kill } from './disturb.ts';

/** Users of the simulated cluster, as its API server knows them. */
const controller = 'system:serviceaccount:kube-system:statefulset-controller';
/** KWOK, and the scripted agents in their part as kubelets. */
const kubelets = 'occ-admin';
const platform = 'occ-platform';

export interface Stretch {
  from: Date;
  to: Date;
  kills: readonly Kill[];
}

/** Who did what to the pods and the workload of one instance in a stretch of time. */
export interface Attribution {
  /** Why not all that began there is the cluster's own doing; nothing, where it is proven to be. */
  objections: string[];
  story: string[];
}

/**
 * Whether processes too many are what the controller of the cluster began by itself after it had lost its API server.
 * That takes all of: every pod was made by it; every pod was asked to end by it first, and by nobody else; the
 * workload's specification was changed as often as it had to be (`specifications`), by the platform; and the API server
 * was killed between the platform's first write and the last of those processes.
 */
export function attribute(
  instanceId: string,
  writes: readonly ClusterWrite[],
  { from, to, kills }: Stretch,
  specifications: number,
): Attribution {
  const own = writes.filter(
    ({ at, name }) => at >= from && at <= to && [objectNameOf(instanceId), podNameOf(instanceId)].includes(name),
  );
  const onPods = own.filter(({ resource }) => resource.startsWith('pods'));
  const onWorkload = own.filter(({ resource }) => resource.startsWith('statefulsets'));
  const creations = onPods.filter(({ verb, code }) => verb === 'create' && code === 201);
  const lastCreation = creations.at(-1)?.at ?? to;
  const firstWrite = onWorkload[0]?.at ?? to;
  const generations = new Set(onWorkload.flatMap(({ generation }) => generation ?? []));
  const objections = [
    ...onPods.filter(({ by, verb }) => !mayWrite(by, verb)).map((write) => `not the cluster's: ${tell(write)}`),
    ...onWorkload.filter(({ by }) => by !== platform).map((write) => `not the platform's: ${tell(write)}`),
    ...endedUnasked(onPods).map((write) => `nobody had asked for it: ${tell(write)}`),
    ...(generations.size > specifications + 1 ? [`its specification was written ${generations.size} times`] : []),
    ...(kills.some(({ part, at }) => part === 'kube-apiserver' && at >= firstWrite && at <= lastCreation)
      ? []
      : ['its API server had not been killed meanwhile']),
  ];
  const deaths = kills
    .filter(({ part, at }) => part === 'kube-apiserver' && at >= from && at <= to)
    .map(({ at, awayMs }) => ({ at, said: `kube-apiserver is killed, for ${Math.round(awayMs)} ms` }));
  const story = [...own.map((write) => ({ at: write.at, said: tell(write) })), ...deaths]
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .map(({ at, said }) => `${at.toISOString()} ${said}`);
  return { objections, story };
}

/** Kubelets remove what was asked to end, and make nothing. */
const mayWrite = (by: string, verb: string): boolean => by === controller || (by === kubelets && verb === 'delete');

/** Removals by a kubelet of a pod that the controller had not asked to end before. */
function endedUnasked(onPods: readonly ClusterWrite[]): ClusterWrite[] {
  const asked = new Set<string>();
  let unanswered = 0;
  return onPods.filter(({ verb, by, code, uid }) => {
    if (verb !== 'delete') return false;
    if (by === controller) {
      // Where the server died before it answered, the question counts for the pod that was there.
      if (code === null) unanswered += 1;
      else if (uid) asked.add(uid);
      return false;
    }
    if (code !== 200 || !uid || asked.has(uid)) return false;
    asked.add(uid);
    unanswered -= 1;
    return unanswered < 0;
  });
}

function tell({ by, verb, resource, name, code, uid, generation, revision }: ClusterWrite): string {
  const about = [
    uid && `uid ${uid}`,
    generation !== null && `generation ${generation}`,
    revision && `revision ${revision.slice(-10)}`,
  ].filter(Boolean);
  return `${by.split(':').at(-1)}: ${verb} ${resource} ${name} ${code ?? 'unanswered'} ${about.join(', ')}`;
}
