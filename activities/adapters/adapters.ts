import { Problem } from '../../workflows/contracts/problem.ts';
import type { Adapter } from './adapter.ts';
import { openClawAdapter } from './openclaw/adapter.ts';

/** Whole adapters, for the processes that talk to agents; the api takes the pure half from `registry.ts`. */
const adapters: ReadonlyMap<string, Adapter> = new Map([[openClawAdapter.rules.kind, openClawAdapter]]);

/** @throws Problem 'agent.kind-unknown' */
export function adapterOf(kind: string): Adapter {
  const adapter = adapters.get(kind);
  if (!adapter) throw new Problem('agent.kind-unknown', kind);
  return adapter;
}
