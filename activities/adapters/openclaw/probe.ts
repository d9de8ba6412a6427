import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentHandle, Probe } from '../adapter.ts';
import { callAdmin } from './admin.ts';

/**
 * `status` reads the sessions from the agent's databases (`health` keeps an older answer for a while). `recent` holds the
 * newest ones of all agents, so that new work of any kind shows in it.
 */
const Status = z.object({
  runtimeVersion: z.string(),
  sessions: z.object({
    count: z.int(),
    recent: z.array(z.object({ key: z.string(), sessionId: z.string().nullish(), updatedAt: z.number().nullish() })),
  }),
});

/** It answers, and what it answers with comes out of the databases that it has just migrated. */
export async function probe(agent: AgentHandle, signal: AbortSignal): Promise<Probe> {
  const answer = await callAdmin(agent, 'status', {}, signal);
  if (answer.state === 'starting') return { state: 'pending', reason: answer.reason };
  const read = Status.safeParse(answer.payload);
  if (read.success) return { state: 'passed' };
  return {
    state: 'failed',
    reason: `The agent does not show its sessions: ${z.prettifyError(read.error).slice(0, 300)}`,
  };
}

export async function workMark(agent: AgentHandle, signal: AbortSignal): Promise<string> {
  const answer = await callAdmin(agent, 'status', {}, signal);
  if (answer.state === 'starting') throw new Problem('agent.unreachable', answer.reason);
  const { sessions } = Status.parse(answer.payload);
  const recent = sessions.recent.map(({ key, sessionId, updatedAt }) => JSON.stringify([key, sessionId, updatedAt]));
  const seen = JSON.stringify([sessions.count, recent.toSorted()]);
  return createHash('sha256').update(seen).digest('hex');
}
