import { Problem } from '../../workflows/contracts/problem.ts';

/** The deepest that an agent's own configuration goes is a quarter of it. */
export const deepestNesting = 64;
/** Members of objects and entries of arrays, in all of the body. */
export const mostValues = 20_000;

/**
 * Whatever walks through a body later may do so by recursion, and look at each value.
 * @throws Problem 'request.invalid'
 */
export function assertShape(body: unknown): void {
  let count = 0;
  let level = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepestNesting) throw refused(`nested deeper than ${deepestNesting} levels`);
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const inner of Object.values(value)) next.push(inner);
    }
    count += next.length;
    if (count > mostValues) throw refused(`more than ${mostValues} values`);
    level = next;
  }
}

const refused = (detail: string): Problem =>
  new Problem('request.invalid', undefined, { faults: [{ pointer: '', detail }] });
