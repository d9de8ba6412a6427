import { describe, expect, it } from 'vitest';

import { instancePolicySpec, spacePolicies } from './network.ts';

const pods = { instance: 'a' };
const openings = (host: string, port = 8443, clusterRanges: string[] = ['10.244.0.0/16', '10.96.0.0/12']) =>
  instancePolicySpec(pods, 8080, [{ host, port }], clusterRanges).egress;

describe('the network of a tenant', () => {
  const policies = spacePolicies((name) => ({ name }), ['10.244.0.0/16']);
  const named = (name: string) => policies.find((policy) => policy.metadata.name === name)?.spec;

  it('denies everything first', () => {
    expect(named('deny-all')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('opens public HTTPS, but not metadata, private or cluster addresses', () => {
    const [v4, v6] = named('allow-public-https')?.egress?.[0]?.to ?? [];
    expect(v4?.ipBlock?.except).toEqual(
      expect.arrayContaining(['169.254.0.0/16', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '10.244.0.0/16']),
    );
    expect(v6?.ipBlock?.except).toEqual(expect.arrayContaining(['fe80::/10', 'fc00::/7', '64:ff9b::/96']));
    expect(named('allow-public-https')?.egress?.[0]?.ports).toEqual([{ protocol: 'TCP', port: 443 }]);
  });
});

describe('the network of an instance', () => {
  it('lets in the platform alone, on the gateway port alone', () => {
    expect(instancePolicySpec(pods, 8080, [], [])).toEqual({
      podSelector: { matchLabels: pods },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { 'open-cluster-claw.io/role': 'platform' } } }],
          ports: [{ protocol: 'TCP', port: 8080 }],
        },
      ],
    });
  });

  it('opens a named address alone', () => {
    expect(openings('10.1.2.3')).toEqual([
      { to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: [{ protocol: 'TCP', port: 8443 }] },
    ]);
    expect(openings('[2001:db8::1]')?.[0]?.to).toEqual([{ ipBlock: { cidr: '2001:db8::1/128' } }]);
  });

  it('opens the port of a name, but not to metadata and the cluster', () => {
    const [v4] = openings('models.corp.example')?.[0]?.to ?? [];
    expect(v4?.ipBlock?.except).toEqual(expect.arrayContaining(['169.254.0.0/16', '10.244.0.0/16', '10.96.0.0/12']));
    expect(v4?.ipBlock?.except).not.toContain('10.0.0.0/8');
  });

  it.each([
    '169.254.169.254',
    '127.0.0.1',
    '0.0.0.0',
    '::1',
    'fe80::1',
    'fd00:ec2::254',
    '10.244.3.4',
    '10.96.0.1',
    '::ffff:169.254.169.254',
    '::ffff:10.96.0.1',
  ])('never opens %s', (host) => {
    expect(() => openings(host, 80)).toThrow(/cluster\.refused/);
  });

  it.each(['10.1.2.3', '192.168.1.5', '172.20.0.1', 'fd12::1'])(
    'opens no private address such as %s while the ranges of the cluster are unknown',
    (host) => {
      expect(() => openings(host, 80, [])).toThrow(/clusterRanges/);
    },
  );

  it('opens the port of a name to no private address while the ranges of the cluster are unknown', () => {
    const [v4, v6] = openings('kubernetes.default.svc', 443, [])?.[0]?.to ?? [];
    expect(v4?.ipBlock?.except).toEqual(expect.arrayContaining(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']));
    expect(v6?.ipBlock?.except).toContain('fc00::/7');
    expect(openings('203.0.113.7', 8000, [])?.[0]?.to).toEqual([{ ipBlock: { cidr: '203.0.113.7/32' } }]);
  });
});
