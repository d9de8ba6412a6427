import { windowSeconds } from './commands/lease-slices.ts';
import type { Refusal, Spent } from './rate-limits.ts';

/**
 * `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers has them: lists of structured fields
 * (RFC 9651), an item for each limit that the request counted for. `q` in `w` seconds; `r` are left, all of them again
 * after `t` seconds.
 */
export function limitHeaders({ standings, refusal }: Spent): Record<string, string> {
  if (standings.length === 0) return {};
  return {
    'RateLimit-Policy': standings.map(({ limit, quota }) => `"${limit}";q=${quota};w=${windowSeconds}`).join(', '),
    RateLimit: standings
      .map(({ limit, remaining, fullInSeconds }) => `"${limit}";r=${remaining};t=${fullInSeconds}`)
      .join(', '),
    ...(refusal && retryAfter(refusal)),
  };
}

export const retryAfter = ({ retryAfterSeconds }: Pick<Refusal, 'retryAfterSeconds'>): Record<string, string> => ({
  'Retry-After': String(retryAfterSeconds),
});
