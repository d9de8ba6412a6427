import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { parseKubeconfig } from './kubeconfig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const authority = '-----BEGIN CERTIFICATE-----\nauthority\n-----END CERTIFICATE-----\n';

function buildDocument(change: { cluster?: object; user?: object; context?: string } = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': change.context ?? 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: 'https://10.0.0.1:6443/',
          'certificate-authority-data': base64(authority),
          ...change.cluster,
        },
      },
    ],
    users: [{ name: 'u', user: change.user ?? { token: 'a-token' } }],
  });
}

const refusal = (text: string): string => {
  try {
    parseKubeconfig(text);
  } catch (error) {
    return String(error);
  }
  return 'accepted';
};

describe('a kubeconfig', () => {
  it('gives server, authority and token of its current context', () => {
    expect(parseKubeconfig(buildDocument())).toEqual({
      server: 'https://10.0.0.1:6443',
      certificateAuthority: authority,
      serverName: undefined,
      identity: { token: 'a-token' },
    });
  });

  it('gives an inline certificate with its key', () => {
    const key = '-----BEGIN EC PRIVATE KEY-----\nkey\n-----END EC PRIVATE KEY-----\n';
    const user = { 'client-certificate-data': base64(authority), 'client-key-data': base64(key) };
    expect(parseKubeconfig(buildDocument({ user })).identity).toEqual({
      certificate: authority,
      key,
    });
  });

  it.each([
    ['a program', { user: { exec: { command: 'sh', args: ['-c', 'id'] } } }, 'user.exec'],
    ['an auth provider', { user: { 'auth-provider': { name: 'gcp' } } }, 'user.auth-provider'],
    ['a token file', { user: { tokenFile: '/etc/passwd' } }, 'user.tokenFile'],
    ['a certificate file', { user: { 'client-certificate': '/a', 'client-key': '/b' } }, 'user.client-certificate'],
    ['an authority file', { cluster: { 'certificate-authority': '/etc/ca' } }, 'cluster.certificate-authority'],
    ['any certificate', { cluster: { 'insecure-skip-tls-verify': true } }, 'cluster.insecure-skip-tls-verify'],
    ['a proxy', { cluster: { 'proxy-url': 'http://proxy' } }, 'cluster.proxy-url'],
    ['impersonation', { user: { token: 't', as: 'system:admin' } }, 'user.as'],
    ['a password', { user: { username: 'a', password: 'b' } }, 'user.username'],
    ['plain HTTP', { cluster: { server: 'http://10.0.0.1' } }, 'https'],
    ['credentials in the address', { cluster: { server: 'https://a:b@10.0.0.1' } }, 'credentials'],
    ['no authority', { cluster: { 'certificate-authority-data': undefined } }, 'certificate-authority-data'],
    ['no credentials', { user: {} }, 'neither token'],
    ['a header in the token', { user: { token: 'a\r\nX-Remote-User: admin' } }, 'token'],
    ['an unknown context', { context: 'elsewhere' }, 'context'],
  ])('is refused with %s', (_, change, named) => {
    expect(refusal(buildDocument(change))).toMatch(/^Problem: cluster\.kubeconfig-refused/);
    expect(refusal(buildDocument(change))).toContain(named);
  });

  it.each(['', 'null', '[]', 'a: [', '{"clusters": []}', 'a: &a [*a]'])('is refused when it is none: %j', (text) => {
    expect(refusal(text)).toMatch(/^Problem: cluster\.kubeconfig-refused/);
  });

  it('is refused without a word of its content', () => {
    const text = buildDocument({ user: { token: 'the-secret', exec: { command: 'the-secret' } } });
    expect(refusal(text)).not.toContain('the-secret');
    expect(refusal(`${text}\n  : [the-secret`)).not.toContain('the-secret');
  });
});
