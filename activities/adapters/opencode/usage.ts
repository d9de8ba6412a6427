import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentHandle, UsageCounters } from '../adapter.ts';
import { ask } from './ask.ts';

const count = z.number().min(0).transform(Math.round);
const Counters = z.object({
  processId: z.string().min(1).max(100),
  startedAtMs: z.number(),
  callsSucceeded: count,
  callsFailed: count,
  runs: count,
  tokensIn: count,
  tokensOut: count,
  costMicros: count,
});
const Folders = z.object({ state: z.string().min(1) });
const FileContent = z.object({ content: z.string() });

/**
 * The counters of the platform's plugin. OpenCode's own sums go down when a session is deleted; the plugin's file is
 * read through OpenCode's port, which first loads the plugin where nobody has worked with this process yet.
 */
export async function usage(agent: AgentHandle, signal: AbortSignal): Promise<UsageCounters | null> {
  const folders = Folders.safeParse((await ask(agent, '/path', signal)).body);
  if (!folders.success) return null; // it does not take its configuration: nothing is done either
  const query = new URLSearchParams({ directory: folders.data.state, path: 'open-cluster-claw-usage.json' });
  const file = FileContent.safeParse((await ask(agent, `/file/content?${query.toString()}`, signal)).body);
  if (!file.success || file.data.content === '') return null;
  const counters = Counters.safeParse(parse(file.data.content));
  if (!counters.success) throw new Problem('agent.unreachable', 'The agent told its usage in a form that is not known');
  const { startedAtMs, ...rest } = counters.data;
  return { ...rest, uptimeSeconds: Math.max(0, (Date.now() - startedAtMs) / 1_000) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the form
  }
}
