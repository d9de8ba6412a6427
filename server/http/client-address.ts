import { isIP, isIPv6 } from 'node:net';
import type { HttpMiddleware } from './context.ts';

/** From here on `ctx.ip` is where the request comes from. */
export const whereFrom =
  (trustedProxies: number): HttpMiddleware =>
  (ctx, next) => {
    const { remoteAddress } = ctx.req.socket;
    ctx.request.ip = clientAddress({ remoteAddress, forwardedFor: ctx.get('X-Forwarded-For') }, trustedProxies);
    return next();
  };

interface Connection {
  /** Of the socket. */
  remoteAddress: string | undefined;
  forwardedFor: string;
}

/**
 * Where a request comes from. Each proxy appends whom it was asked by to `X-Forwarded-For`, so that of a header only the
 * last entries are worth something: one for each proxy of our own. Without any, whoever asks can write there what he
 * likes, and nothing of it is read.
 */
export function clientAddress({ remoteAddress = '', forwardedFor }: Connection, trustedProxies: number): string {
  const own = plain(remoteAddress);
  if (trustedProxies === 0) return own;
  const hops = forwardedFor.split(',').slice(-trustedProxies);
  const told = plain(hops[0]?.trim() ?? '');
  return isIP(told) ? told : own;
}

/** An IPv4 address that came by a socket for both is an IPv4 address. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

/** What counts as one place: an IPv4 address, or the 64 bits that a provider gives to one connection in IPv6. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = (address.split('%', 1)[0] ?? '').split('::');
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':'))) as [string[], string[]];
  const between = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const prefix = [...before, ...between, ...after].slice(0, 4);
  return `${prefix.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
