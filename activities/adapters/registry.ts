import { Problem } from '../../workflows/contracts/problem.ts';
import type { AdapterRules } from './adapter.ts';
import { openClawRules } from './openclaw/rules.ts';
import { openCodeRules } from './opencode/rules.ts';

/** The pure half of every adapter, by kind of agent. The half that talks is wired where activities are made. */
const rules: ReadonlyMap<string, AdapterRules> = new Map([openClawRules, openCodeRules].map((one) => [one.kind, one]));

export const agentKinds: readonly string[] = [...rules.keys()];

/** @throws Problem 'agent.kind-unknown' */
export function rulesOf(kind: string): AdapterRules {
  const found = rules.get(kind);
  if (!found) throw new Problem('agent.kind-unknown', `Known kinds: ${agentKinds.join(', ')}`);
  return found;
}
