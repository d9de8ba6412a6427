import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentHandle, Proof, Rendered } from '../adapter.ts';
import { callAdmin } from './admin.ts';
import { equals } from '../json.ts';
import { configurationFile } from './process.ts';
import { Issue } from './verdict.ts';

/** The part of `config.get` that the proof rests on; hashes are keyed per process, so only comparable with each other. */
const ConfigGet = z.object({
  valid: z.boolean(),
  configRevisionHash: z.string().nullish(),
  appliedConfigHash: z.string().nullish(),
  parsed: z.unknown(),
  issues: z.array(Issue).default([]),
});
type ConfigGet = z.infer<typeof ConfigGet>;

/**
 * Live means: what is on disk is valid, is what runs (both hashes agree), **and is what we rendered**. The hashes also
 * agree on the old file for as long as the kubelet has not swapped it.
 */
export async function prove(agent: AgentHandle, rendered: Rendered, signal: AbortSignal): Promise<Proof> {
  const answer = await callAdmin(agent, 'config.get', {}, signal);
  if (answer.state === 'starting') return { state: 'pending', reason: answer.reason };
  const read = ConfigGet.safeParse(answer.payload);
  if (!read.success)
    throw new Problem('agent.unreachable', 'The agent answered config.get in a form that is not known');
  return judge(read.data, rendered);
}

function judge(config: ConfigGet, rendered: Rendered): Proof {
  const wanted: unknown = JSON.parse(rendered.files[configurationFile] ?? 'null');
  const isOurs = equals(config.parsed, wanted);
  // of a file that it refuses, the agent shows the issues but not the content
  if (!config.valid && (isOurs || config.parsed === null || config.parsed === undefined)) {
    const faults = config.issues.map(({ path, message }) => ({
      pointer: '',
      detail: path ? `${path}: ${message}` : message,
    }));
    return { state: 'refused', faults };
  }
  if (!isOurs) return { state: 'pending', reason: 'The agent still reads another configuration file' };
  if (!config.configRevisionHash || config.configRevisionHash !== config.appliedConfigHash) {
    return {
      state: 'pending',
      reason: 'The agent has read the configuration and not applied it yet',
    };
  }
  return { state: 'live' };
}
