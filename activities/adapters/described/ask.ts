import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentResponse } from '../../runtimes/runtime.ts';
import type { AgentHandle } from '../adapter.ts';
import type { AgentKindDescription } from './description.ts';

/** One question to the agent's own port. @throws Problem 'agent.unauthorized', 'agent.unreachable' */
export async function ask(
  { authorization }: AgentKindDescription,
  { runtime, ref, port, gatewayToken }: AgentHandle,
  { method = 'GET', path }: { method?: 'GET' | 'POST'; path: string },
  signal: AbortSignal,
): Promise<AgentResponse> {
  const headers = credentials(authorization, gatewayToken);
  const answer = await runtime.reach(ref, port, { method, path, headers, timeoutMs: 8_000 }, signal);
  if (answer.status === 401 || answer.status === 403) throw new Problem('agent.unauthorized');
  if (answer.status >= 500) throw new Problem('agent.unreachable', `The agent answered ${answer.status}`);
  return answer;
}

function credentials(authorization: AgentKindDescription['authorization'], token: string): Record<string, string> {
  if (authorization.scheme === 'none') return {};
  if (authorization.scheme === 'bearer') return { authorization: `Bearer ${token}` };
  return { authorization: `Basic ${Buffer.from(`${authorization.user}:${token}`).toString('base64')}` };
}

/** The value at a JSON pointer of an answer; undefined where it is no JSON or has none. */
export function valueOf({ body }: AgentResponse, pointer: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined; // the caller knows what it waits for
  }
  for (const segment of pointer.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
