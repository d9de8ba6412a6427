import { Problem } from '../../workflows/contracts/problem.ts';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Facts {
  method: string;
  origin: string;
  fetchSite: string;
  host: string;
  /** A session cookie came with the request. A bearer token no other site can send. */
  byCookie: boolean;
}

/**
 * Browsers send Origin with every unsafe request, and scripts cannot forge it. A request that names another origin
 * is refused even without a cookie, so that nobody is signed in to a stranger's account.
 * @throws Problem 'request.cross-site'
 */
export function refuseCrossSite(facts: Facts, publicOrigin: string): void {
  if (safe.has(facts.method)) return;
  if (facts.origin !== '') {
    if (facts.origin === publicOrigin || hostOf(facts.origin) === facts.host) return;
  } else if (!facts.byCookie || facts.fetchSite === 'same-origin' || facts.fetchSite === 'none') {
    return;
  }
  throw new Problem('request.cross-site');
}

/**
 * A stream says what happens for as long as it is open: no page of another origin may even open it with its visitor's
 * cookie, though no browser would let it read.
 * @throws Problem 'request.cross-site'
 */
export function refuseCrossSiteStream({ origin, fetchSite, host, byCookie }: Facts, publicOrigin: string): void {
  const isOurs = origin === '' || origin === publicOrigin || hostOf(origin) === host;
  const isFromHere = fetchSite === '' || fetchSite === 'same-origin' || fetchSite === 'none';
  if (byCookie && !(isOurs && isFromHere)) throw new Problem('request.cross-site');
}

/** `null` (a sandboxed frame) and anything malformed match no host. */
const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);
