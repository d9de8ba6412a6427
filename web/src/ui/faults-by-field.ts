import type { Fault } from '../api/problem.ts';
import type { ProblemError } from '../api/problem.ts';

/**
 * The fault of a field: at its own place in what was sent, or anywhere below. The server names places from the root of
 * the body, some of them below `/body`.
 */
export function faultAt(problem: ProblemError | null, pointer: string): string | undefined {
  const faults = (problem?.faults ?? []).filter((fault) => isBelow(fault, pointer));
  return faults.length > 0 ? faults.map(({ detail }) => detail).join(' ') : undefined;
}

/** The places of faults that stand at one of the fields, so that the form's alert does not say them again. */
export const placesAt = (problem: ProblemError | null, pointers: readonly string[]): string[] =>
  (problem?.faults ?? [])
    .filter((fault) => pointers.some((pointer) => isBelow(fault, pointer)))
    .map(({ pointer }) => pointer);

function isBelow({ pointer }: Fault, field: string): boolean {
  const place = pointer.startsWith('/body/') ? pointer.slice('/body'.length) : pointer;
  return place === field || place.startsWith(`${field}/`);
}
