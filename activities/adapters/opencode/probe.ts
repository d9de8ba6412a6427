import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentHandle, Probe } from '../adapter.ts';
import { ask } from './ask.ts';

/** The newest sessions of all folders, read from its database. */
const newestSessions = '/experimental/session?limit=50';
const Sessions = z.array(z.object({ id: z.string(), time: z.object({ updated: z.number() }) }));

export async function probe(agent: AgentHandle, signal: AbortSignal): Promise<Probe> {
  const { status, body } = await ask(agent, newestSessions, signal);
  if (Sessions.safeParse(body).success) return { state: 'passed' };
  return { state: 'failed', reason: `The agent does not show its sessions: it answered ${status}` };
}

/** A session is touched when a message comes, and when an answer to it is there. */
export async function workMark(agent: AgentHandle, signal: AbortSignal): Promise<string> {
  const { status, body } = await ask(agent, newestSessions, signal);
  const sessions = Sessions.safeParse(body);
  if (!sessions.success) throw new Problem('agent.unreachable', `The agent answered ${status} for its sessions`);
  const seen = sessions.data.map(({ id, time }) => `${id} ${time.updated}`).toSorted();
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex');
}
