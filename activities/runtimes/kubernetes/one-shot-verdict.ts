import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Kinds, Stored } from './objects.ts';
import { containerName } from './names.ts';

export type Verdict =
  | { state: 'ended'; exitCode: number }
  | { state: 'impossible'; problem: Problem }
  /** `late`: what it would be called if there were no time left. */
  | { state: 'waiting'; late: Problem | undefined };

/** How long a pull may keep failing: registries do answer wrongly for a moment. */
const pullPatienceMs = 30_000;

const hopeless = new Set(['ErrImageNeverPull', 'InvalidImageName', 'ErrImageInspect']);
const pulling = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']);

/** What a one-shot pod's state means. Pure. */
export function judge(pod: Stored<Kinds['Pod']>, now: number): Verdict {
  const container = pod.status?.containerStatuses?.find((entry) => entry.name === containerName);
  const terminated = container?.state?.terminated;
  // A pod that outlived its deadline shows an exit code as well, which is not the program's own.
  if (terminated && pod.status?.reason !== 'DeadlineExceeded') return { state: 'ended', exitCode: terminated.exitCode };
  if (pod.status?.phase === 'Failed') {
    const detail = pod.status.message ?? pod.status.reason ?? 'The pod failed.';
    return { state: 'impossible', problem: new Problem('agent.not-ready', detail) };
  }
  const unavailable = imageProblem(container?.state?.waiting);
  if (unavailable) {
    const reason = container?.state?.waiting?.reason ?? '';
    const since = Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '');
    if (hopeless.has(reason) || now - since > pullPatienceMs) return { state: 'impossible', problem: unavailable };
    return { state: 'waiting', late: unavailable };
  }
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const late = new Problem(
      'cluster.unavailable',
      `No node takes the pod: ${scheduled.message ?? scheduled.reason ?? ''}`,
    );
    return { state: 'waiting', late };
  }
  if (container?.state?.running === undefined && pod.spec?.nodeName) {
    const image = pod.spec.containers[0]?.image ?? '';
    return {
      state: 'waiting',
      late: new Problem('agent.image-unavailable', `${image} could not be started in time.`),
    };
  }
  return { state: 'waiting', late: undefined };
}

function imageProblem(waiting: { reason?: string; message?: string } | undefined): Problem | undefined {
  const reason = waiting?.reason ?? '';
  if (!hopeless.has(reason) && !pulling.has(reason)) return undefined;
  return new Problem('agent.image-unavailable', waiting?.message ? `${reason}: ${waiting.message}` : reason);
}
