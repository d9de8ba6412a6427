import type { AgentHandle, Proof, Rendered } from '../adapter.ts';
import { differences } from '../differences.ts';
import { parsed } from './formats.ts';
import { ask, valueOf } from './ask.ts';
import type { AgentKindDescription } from './description.ts';
import { variablePattern } from './dialect.ts';

/**
 * Asks where the description says. Where the program wants to be told that its file has changed, it is told so as long
 * as it shows another one; doing that again harms nothing. Without a proof a process that answers is all there is.
 */
export async function prove(
  description: AgentKindDescription,
  agent: AgentHandle,
  rendered: Rendered,
  signal: AbortSignal,
): Promise<Proof> {
  const { proof, configuration, probes } = description;
  if (proof === null) {
    const { status } = await ask(description, agent, { path: probes.readiness }, signal);
    return status === 200 ? { state: 'live' } : { state: 'pending', reason: `The agent answered ${status}` };
  }
  const answer = await ask(description, agent, { path: proof.path }, signal);
  const shown = valueOf(answer, proof.pointer);
  const text = rendered.files[configuration.file] ?? '';
  if (isOurs(description, text, shown)) return { state: 'live' };
  if (configuration.reload.by === 'http') {
    await ask(description, agent, { method: 'POST', path: configuration.reload.path }, signal);
  }
  return { state: 'pending', reason: 'The agent works with another configuration' };
}

function isOurs(description: AgentKindDescription, text: string, shown: unknown): boolean {
  if (description.proof?.shows === 'mark') return typeof shown === 'string' && shown !== '' && text.includes(shown);
  const written = parsed(description.configuration.format, text);
  return differences(written, shown, variablePattern(description)).length === 0;
}
