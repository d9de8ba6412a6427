import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentHandle, Suspension } from '../adapter.ts';
import { callAdmin } from './admin.ts';

/**
 * The same call again prolongs a lease of two minutes and answers with the same suspension; with other parameters it
 * counts as another one's, and is refused. At most 30 a minute are answered.
 */
const Prepared = z.object({
  status: z.enum(['ready', 'draining', 'busy']),
  suspensionId: z.string().optional(),
  expiresAtMs: z.number().optional(),
  blockers: z.array(z.object({ message: z.string() })).default([]),
});

async function prepare(agent: AgentHandle, requestId: string, signal: AbortSignal) {
  const answer = await callAdmin(agent, 'gateway.suspend.prepare', { requestId, drain: true }, signal);
  if (answer.state === 'starting') throw new Problem('agent.unreachable', answer.reason);
  return Prepared.parse(answer.payload);
}

export async function suspend(agent: AgentHandle, requestId: string, signal: AbortSignal): Promise<Suspension> {
  const { status, blockers, expiresAtMs } = await prepare(agent, requestId, signal);
  if (status === 'ready') return { state: 'ready', leaseMs: expiresAtMs ? expiresAtMs - Date.now() : null };
  return { state: 'draining', reason: blockers.map(({ message }) => message).join('; ') || 'work is under way' };
}

/** Asked for first, because only that tells under which id it is closed; one that was open is closed for a moment. */
export async function resume(agent: AgentHandle, requestId: string, signal: AbortSignal): Promise<void> {
  const { suspensionId } = await prepare(agent, requestId, signal);
  if (suspensionId) await callAdmin(agent, 'gateway.suspend.resume', { suspensionId }, signal);
}
