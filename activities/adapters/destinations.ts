import { isIPv4, isIPv6 } from 'node:net';
import type { Egress } from '../runtimes/runtime.ts';

/** Those that the openings to public HTTPS do not cover: model servers on another port or inside the house. */
export function destinationsOf(baseUrls: readonly unknown[]): Egress[] {
  const found = new Map<string, Egress>();
  for (const baseUrl of baseUrls) {
    const destination = destinationOf(baseUrl);
    if (destination) found.set(`${destination.host}:${destination.port}`, destination);
  }
  return [...found.values()];
}

function destinationOf(baseUrl: unknown): Egress | null {
  if (typeof baseUrl !== 'string' || !URL.canParse(baseUrl)) return null;
  const url = new URL(baseUrl);
  const host = hostOf(url);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  if (isLoopback(host) || isNeverReachable(host) || isInCluster(host)) return null;
  return port === 443 && isPublicHost(host) ? null : { host, port };
}

/** Lower case, without the brackets of IPv6. */
export const hostOf = (url: URL): string =>
  url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

/** Link-local addresses and the names of cloud metadata services: never opened, whoever asks. */
export const isNeverReachable = (host: string): boolean =>
  host.startsWith('169.254.') ||
  /^f[cd]00:ec2::/.test(host) ||
  (isIPv6(host) && /^(fe[89ab]|::ffff:a9fe:)/.test(host)) ||
  ['metadata', 'metadata.google.internal', 'instance-data', '100.100.100.200', '0.0.0.0', '::'].includes(host);

/** Names of the cluster's own services: its API, the platform's, other tenants'. */
export const isInCluster = (host: string): boolean =>
  /(^|\.)(svc|cluster\.local)$/.test(host) || /^kubernetes(\.default)?$/.test(host);

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || (isIPv4(host) && host.startsWith('127.')) || host === '::1';

/** Only a guess by name: a name that resolves to a private address on 443 has to be opened by the operator. */
function isPublicHost(host: string): boolean {
  if (isIPv4(host))
    return !/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(host);
  if (isIPv6(host)) return /^[23]/.test(host);
  return host.includes('.') && !/\.(local|internal|intranet|lan|home|corp|svc|arpa)$/.test(host);
}
