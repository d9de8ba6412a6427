import { createHash, randomUUID } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Adapter, ExitMeaning } from '../adapter.ts';
import { canonical } from '../json.ts';
import { ask, valueOf } from './ask.ts';
import type { AgentKindDescription } from './description.ts';
import { prove } from './proof.ts';
import { describedRules } from './rules.ts';
import { usage } from './usage.ts';

const detailLimitCharacters = 1_000;

/** A whole adapter of a description: it asks where that says, and can do what that names. */
export const describedAdapter = (description: AgentKindDescription): Adapter => ({
  rules: describedRules(description),
  validationJob: () => null,
  readValidation: () => [],
  validationJobs: () => [],
  readValidations: (_result, configurations) => configurations.map(() => []),
  prove: (agent, rendered, signal) => prove(description, agent, rendered, signal),
  suspend: null,
  resume: async () => undefined,
  stateTool: (image) => ({ image, user: description.user, leftOut: description.state.leftOut }),
  async probe(agent, signal) {
    const { status } = await ask(description, agent, { path: description.probes.readiness }, signal);
    return status === 200 ? { state: 'passed' } : { state: 'failed', reason: `The agent answered ${status}` };
  },
  async workMark(agent, signal) {
    const { work } = description;
    // nobody can say that it has not worked: what would be lost has to be looked at
    if (work === null) return randomUUID();
    const shown = valueOf(await ask(description, agent, { path: work.path }, signal), work.pointer);
    if (shown === undefined) throw new Problem('agent.unreachable', `The agent shows nothing at ${work.pointer}`);
    return createHash('sha256')
      .update(JSON.stringify(canonical(shown)))
      .digest('hex');
  },
  usage: (agent, signal) => usage(description, agent, signal),
  classifyExit: (exitCode, lastLines) => classifyExit(description, exitCode, lastLines),
});

function classifyExit({ exits }: AgentKindDescription, exitCode: number, lastLines: string[]): ExitMeaning {
  if (exits.clean.includes(exitCode)) return { meaning: 'clean', detail: null };
  const lines = lastLines.map((line) => stripVTControlCharacters(line).trim()).filter((line) => line !== '');
  const detail = lines.findLast((line) => /error|fatal|panic/i.test(line)) ?? lines.at(-1) ?? null;
  const meaning = exits.misconfigured.includes(exitCode) ? 'misconfigured' : 'crashed';
  return { meaning, detail: detail?.slice(0, detailLimitCharacters) ?? null };
}
