import type { UsageCounters } from '../../activities/adapters/adapter.ts';
import type { AgentRequest, AgentResponse } from '../../activities/runtimes/runtime.ts';
import type { Stored } from './scripted-cluster.ts';

/** What the metrics plugin inside an agent would answer; null where the agent has none. */
export function answerUsage(
  { workload, process }: Stored,
  { headers }: AgentRequest,
  counters: Partial<UsageCounters> | null,
): AgentResponse {
  if (!counters) return { status: 404, body: 'not found' };
  const token = workload?.spec.secretEnvironment.OCC_METRICS_TOKEN;
  if (!token || headers?.authorization !== `Bearer ${token}`) return { status: 401, body: 'unauthorized' };
  const startedAtMs = Date.parse(process?.startedAt ?? '');
  return {
    status: 200,
    body: JSON.stringify({
      processId: `${process?.id}/${process?.restarts}`,
      uptimeSeconds: (Date.now() - startedAtMs) / 1_000,
      callsSucceeded: 0,
      callsFailed: 0,
      runs: 0,
      tokensIn: 0,
      tokensOut: 0,
      costMicros: 0,
      ...counters,
    }),
  };
}
