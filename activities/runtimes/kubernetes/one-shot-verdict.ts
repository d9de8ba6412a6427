import { Problem } from '../../../workflows/contracts/problem.ts';
import { imageFaultOf } from './image-fault.ts';
import type { Kinds, Stored } from './objects.ts';
import { containerName } from './names.ts';

export type Verdict =
  | { state: 'ended'; exitCode: number }
  | { state: 'impossible'; problem: Problem }
  | { state: 'running' }
  /** On a node, and its program has not begun since then. */
  | { state: 'beginning'; sinceMs: number }
  /** `late`: what it would be called if there were no time left. */
  | { state: 'waiting'; late: Problem | undefined };

/**
 * What a one-shot pod's state means. Pure.
 * @param imagePatienceMs how long its image may fail to come
 */
export function judge(pod: Stored<Kinds['Pod']>, nowMs: number, imagePatienceMs: number): Verdict {
  const container = pod.status?.containerStatuses?.find((entry) => entry.name === containerName);
  const terminated = container?.state?.terminated;
  // A pod that outlived its deadline shows an exit code as well, which is not the program's own.
  if (terminated && pod.status?.reason !== 'DeadlineExceeded') return { state: 'ended', exitCode: terminated.exitCode };
  if (pod.status?.phase === 'Failed') {
    const detail = pod.status.message ?? pod.status.reason ?? 'The pod failed.';
    return { state: 'impossible', problem: new Problem('agent.not-ready', detail) };
  }
  if (container?.state?.running) return { state: 'running' };
  const sinceMs = Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '');
  const { reason, message } = container?.state?.waiting ?? {};
  const fault = imageFaultOf(imageOf(pod), { reason, message }, imagePatienceMs);
  if (fault) {
    if (nowMs - sinceMs >= fault.withinMs) return { state: 'impossible', problem: fault.problem };
    return { state: 'waiting', late: fault.problem };
  }
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const late = new Problem(
      'cluster.unavailable',
      `No node takes the pod: ${scheduled.message ?? scheduled.reason ?? ''}`,
    );
    return { state: 'waiting', late };
  }
  return pod.spec?.nodeName ? { state: 'beginning', sinceMs } : { state: 'waiting', late: undefined };
}

const imageOf = (pod: Stored<Kinds['Pod']>): string => pod.spec?.containers[0]?.image ?? '';
