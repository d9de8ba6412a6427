import { describe, expect, it } from 'vitest';
import { clientAddress, networkOf } from './client-address.ts';

const from = (forwardedFor: string, trustedProxies: number, remoteAddress = '10.0.0.1') =>
  clientAddress({ remoteAddress, forwardedFor }, trustedProxies);

describe('where a request comes from', () => {
  it('is its connection where there is no proxy of our own, whatever the request says', () => {
    expect(from('203.0.113.7', 0)).toBe('10.0.0.1');
    expect(from('', 0, '::ffff:192.0.2.4')).toBe('192.0.2.4');
  });

  it('is what the outermost of our own proxies has seen, not what the request came with', () => {
    expect(from('203.0.113.7', 1)).toBe('203.0.113.7');
    expect(from('6.6.6.6, 203.0.113.7', 1)).toBe('203.0.113.7');
    expect(from('6.6.6.6, 203.0.113.7, 10.0.0.2', 2)).toBe('203.0.113.7');
    expect(from('2001:db8::7', 1)).toBe('2001:db8::7');
  });

  it('is its connection where the proxy says nothing that is an address', () => {
    expect(from('', 1)).toBe('10.0.0.1');
    expect(from('unknown', 1)).toBe('10.0.0.1');
  });

  it('counts as one place with all that one connection has in IPv6', () => {
    expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
    expect(networkOf('2001:db8:1:2:aaaa::1')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:0DB8:1:2:bbbb:1:2:3')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(networkOf('::1')).toBe('0:0:0:0::/64');
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  });
});
