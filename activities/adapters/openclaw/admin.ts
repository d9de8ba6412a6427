import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentResponse } from '../../runtimes/runtime.ts';
import type { AgentHandle } from '../adapter.ts';

export type AdminAnswer = { state: 'answered'; payload: unknown } | { state: 'starting'; reason: string };

const Envelope = z.union([
  z.object({ ok: z.literal(true), payload: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
]);

/**
 * One call of OpenClaw's admin RPC with the instance's own token.
 * @throws Problem 'agent.unauthorized' at the first refusal (ten wrong tokens in a minute lock our address out for
 * five), 'agent.unreachable' for all that may pass
 */
export async function callAdmin(
  agent: AgentHandle,
  method: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
): Promise<AdminAnswer> {
  const { runtime, ref, port, gatewayToken } = agent;
  const response = await runtime.reach(
    ref,
    port,
    {
      method: 'POST',
      path: '/api/v1/admin/rpc',
      headers: { authorization: `Bearer ${gatewayToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ method, params }),
      timeoutMs: 10_000,
    },
    signal,
  );
  if (response.status === 401 || response.status === 403) throw new Problem('agent.unauthorized');
  if (response.status === 429) throw new Problem('agent.unauthorized', `The agent shuts us out: ${shortly(response)}`);
  // the plugin that serves this address loads after the port opens
  if (response.status === 404) return { state: 'starting', reason: 'The agent does not serve its administration yet' };
  const envelope = Envelope.safeParse(parse(response.body));
  if (!envelope.success) throw unreachable(response);
  if (envelope.data.ok) return { state: 'answered', payload: envelope.data.payload };
  throw new Problem('agent.unreachable', `${envelope.data.error.code}: ${envelope.data.error.message}`);
}

const unreachable = (response: AgentResponse): Problem =>
  new Problem('agent.unreachable', `The agent answered ${response.status}: ${shortly(response)}`);

const shortly = ({ body }: AgentResponse): string => body.replaceAll(/\s+/g, ' ').slice(0, 200);

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // a proxy's page or nothing at all: the caller reports the status
  }
}
