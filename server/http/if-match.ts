import { Problem } from '../../workflows/contracts/problem.ts';

/**
 * The generation that a strong ETag names (`"7"`).
 * @throws Problem 'request.precondition-required' without the header, 'request.stale' for what is no ETag of ours
 */
export function generationOf(ifMatch: string): number {
  if (ifMatch === '') throw new Problem('request.precondition-required');
  const [, digits] = /^"(\d{1,9})"$/.exec(ifMatch.trim()) ?? [];
  if (!digits) throw new Problem('request.stale', 'If-Match must be the one strong ETag that was read, such as "7".');
  return Number(digits);
}

export const etag = (generation: number): Record<string, string> => ({ ETag: `"${generation}"` });
