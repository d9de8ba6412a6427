import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentHandle, UsageCounters } from '../adapter.ts';
import { metricsTokenOf } from './metrics-token.ts';

const count = z.number().min(0).transform(Math.round);

const Counters = z.object({
  processId: z.string().min(1).max(100),
  uptimeSeconds: z.number().min(0),
  callsSucceeded: count,
  callsFailed: count,
  runs: count,
  tokensIn: count,
  tokensOut: count,
  costMicros: count,
});

/** The counters of the platform's plugin, with its own token. */
export async function usage(
  { runtime, ref, port, gatewayToken }: AgentHandle,
  signal: AbortSignal,
): Promise<UsageCounters | null> {
  const request = {
    method: 'GET' as const,
    path: '/occ/metrics',
    headers: { authorization: `Bearer ${metricsTokenOf(gatewayToken)}` },
    timeoutMs: 5_000,
  };
  const { status, body } = await runtime.reach(ref, port, request, signal);
  // the plugin loads after the port opens, and not at all into a version that is too old for it
  if (status === 404) return null;
  if (status === 401 || status === 403) throw new Problem('agent.unauthorized');
  if (status !== 200) throw new Problem('agent.unreachable', `The agent answered ${status} when asked for its usage`);
  const counters = Counters.safeParse(parse(body));
  if (!counters.success) throw new Problem('agent.unreachable', 'The agent told its usage in a form that is not known');
  return counters.data;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // refused by the form
  }
}
