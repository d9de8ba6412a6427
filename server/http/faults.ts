import type { z } from 'zod';
import type { Fault } from '../../workflows/contracts/problems.ts';

type Issue = z.core.$ZodIssue;

/** @param prefix '' for the body, '/query' and '/params' for the other two */
export const faultsOf = (error: z.ZodError, prefix: string): Fault[] =>
  error.issues.flatMap((issue) => faultsOfIssue(issue, prefix));

function faultsOfIssue(issue: Issue, prefix: string): Fault[] {
  const at = prefix + pointer(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: at + pointer([key]), detail: 'unknown field' }));
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors);
    if (closest) return closest.flatMap((inner) => faultsOfIssue(inner, at));
  }
  return [{ pointer: at, detail: issue.message }];
}

/** The branch that got furthest is the one that was meant, if one got into the value at all. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const deep = branches.filter((issues) => issues.some(({ path }) => path.length > 0));
  return deep.toSorted((a, b) => a.length - b.length)[0];
}

/** RFC 6901 */
const pointer = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
