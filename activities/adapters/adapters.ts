import { Problem } from '../../workflows/contracts/problem.ts';
import type { Adapter } from './adapter.ts';
import { openClawAdapter } from './openclaw/adapter.ts';
import { openCodeAdapter } from './opencode/adapter.ts';

/** Whole adapters, for the processes that talk to agents; the api takes the pure half from `registry.ts`. */
const adapters: ReadonlyMap<string, Adapter> = new Map(
  [openClawAdapter, openCodeAdapter].map((adapter) => [adapter.rules.kind, adapter]),
);

/** @throws Problem 'agent.kind-unknown' */
export function adapterOf(kind: string): Adapter {
  const adapter = adapters.get(kind);
  if (!adapter) throw new Problem('agent.kind-unknown', kind);
  return adapter;
}
