import type { ProblemError } from '../api/problem.ts';

/** The faults of a request that stand in its `configuration`, with pointers into that document. */
export const layerFaults = (problem: ProblemError | null): { pointer: string; detail: string }[] =>
  (problem?.faults ?? []).flatMap(({ pointer, detail }) => {
    const place = pointer.replace(/^\/body(?=\/)/, '');
    return place.startsWith('/configuration/') ? [{ pointer: place.slice('/configuration'.length), detail }] : [];
  });
