import { Problem } from '../../workflows/contracts/problem.ts';
import type { RuleFault } from './adapter.ts';

/**
 * The problem that answers a configuration with these faults, or null where there are none.
 * `base` is the pointer of the configuration inside the request, such as `/configuration`.
 * The code is `agent.configuration-owned` when nothing but owned keys is at fault, else `agent.configuration-refused`.
 */
export function configurationProblem(faults: readonly RuleFault[], base = ''): Problem | null {
  if (faults.length === 0) return null;
  const onlyOwned = faults.every(({ code }) => code === 'agent.configuration-owned');
  return new Problem(onlyOwned ? 'agent.configuration-owned' : 'agent.configuration-refused', undefined, {
    faults: faults.map(({ pointer, detail }) => ({ pointer: base + pointer, detail })),
  });
}
