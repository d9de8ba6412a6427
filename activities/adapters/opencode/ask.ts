import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentHandle } from '../adapter.ts';

export interface Answer {
  status: number;
  body: unknown;
}

/**
 * One question to OpenCode's own port. It may leave one that comes while it starts without any answer, so each has a
 * short time. @throws Problem 'agent.unauthorized', 'agent.unreachable'
 */
export async function ask(agent: AgentHandle, path: string, signal: AbortSignal): Promise<Answer> {
  const { runtime, ref, port, gatewayToken } = agent;
  const credentials = Buffer.from(`opencode:${gatewayToken}`).toString('base64');
  const request = {
    method: 'GET' as const,
    path,
    headers: { authorization: `Basic ${credentials}` },
    timeoutMs: 8_000,
  };
  const { status, body } = await runtime.reach(ref, port, request, signal);
  if (status === 401 || status === 403) throw new Problem('agent.unauthorized');
  if (status >= 500) throw new Problem('agent.unreachable', `The agent answered ${status}`);
  return { status, body: parse(body) };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // the caller knows the form that it waits for
  }
}
