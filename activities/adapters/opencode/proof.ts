import { z } from 'zod';
import type { AgentHandle, Proof, Rendered } from '../adapter.ts';
import { isObject } from '../json.ts';
import { ask } from './ask.ts';
import { differences } from '../differences.ts';
import { variable } from './dialect.ts';
import { configurationFile } from './process.ts';

/** With a file that it cannot read it runs, says that it is healthy, and answers all else with this. */
const Refusal = z.object({
  name: z.enum(['ConfigInvalidError', 'ConfigJsonError']),
  data: z.object({
    message: z.string().optional(),
    issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() })).default([]),
  }),
});

/**
 * `/config` shows what the process works with: its mark says which file that was, and the rest whether all of it was
 * taken. A process reads its file once, so with another mark it is the process before.
 */
export async function prove(agent: AgentHandle, rendered: Rendered, signal: AbortSignal): Promise<Proof> {
  const { status, body } = await ask(agent, '/config', signal);
  const refusal = Refusal.safeParse(body);
  if (refusal.success) return { state: 'refused', faults: faultsOf(refusal.data) };
  if (status !== 200 || !isObject(body)) return { state: 'pending', reason: `The agent answered ${status}` };
  const written: unknown = JSON.parse(rendered.files[configurationFile] ?? '{}');
  if (!isObject(written) || body['$schema'] !== written['$schema']) {
    return { state: 'pending', reason: 'The process has read another configuration file' };
  }
  const left = differences(written, body, variable);
  if (left.length === 0) return { state: 'live' };
  return { state: 'refused', faults: left.map((path) => ({ pointer: '', detail: notTaken(path) })) };
}

export const notTaken = (path: readonly string[]): string => `OpenCode did not take ${path.join('.')}.`;

const faultsOf = ({ name, data: { issues, message } }: z.infer<typeof Refusal>) =>
  issues.length > 0
    ? issues.map((issue) => ({ pointer: '', detail: `${issue.path.join('.')}: ${issue.message}` }))
    : [{ pointer: '', detail: message?.trim() ?? name }];
