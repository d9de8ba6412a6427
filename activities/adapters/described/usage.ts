import type { AgentHandle, UsageCounters } from '../adapter.ts';
import { ask } from './ask.ts';
import type { AgentKindDescription } from './description.ts';

/** Counters by the names that the description gives them; what it has no name for stays at 0. */
export async function usage(
  description: AgentKindDescription,
  agent: AgentHandle,
  signal: AbortSignal,
): Promise<UsageCounters | null> {
  const { usage: named } = description;
  if (named === null) return null;
  const { status, body } = await ask(description, agent, { path: named.path }, signal);
  if (status !== 200) return null; // not served yet, or not switched on
  const sums = sumsOf(body);
  const at = (name: string | undefined): number => Math.round(name === undefined ? 0 : (sums.get(name) ?? 0));
  const started = sums.get(named.started);
  return {
    // without it, counters that go down tell another process
    processId: started === undefined ? 'unknown' : String(started),
    uptimeSeconds: started === undefined ? 0 : Math.max(0, Date.now() / 1_000 - started),
    callsSucceeded: at(named.callsSucceeded),
    callsFailed: at(named.callsFailed),
    runs: at(named.runs),
    tokensIn: at(named.tokensIn),
    tokensOut: at(named.tokensOut),
    costMicros: Math.round((named.costDollars === undefined ? 0 : (sums.get(named.costDollars) ?? 0)) * 1_000_000),
  };
}

/** Prometheus text: the sum over all label sets of each name. */
export function sumsOf(text: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})?\s+(\S+)/.exec(line) ?? [];
    if (name === undefined || !Number.isFinite(Number(value))) continue;
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}
