import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Cluster } from './cluster.ts';

/**
 * An API server that has just started refuses everybody for about a second, until it has read its own roles. Such a
 * refusal passes, so that a denial counts only from a server that calls itself ready.
 */
export async function confirmed(cluster: Cluster, fault: unknown, signal: AbortSignal): Promise<unknown> {
  if (!(fault instanceof Problem) || fault.code !== 'cluster.denied') return fault;
  try {
    await cluster.text('/readyz', {}, signal);
    return fault;
  } catch (cause) {
    if (signal.aborted) return signal.reason;
    return new Problem('cluster.unavailable', `The cluster is not ready. ${fault.detail ?? ''}`, { cause });
  }
}
