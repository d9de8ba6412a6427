import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { isAllowed, type Connection, type End, type PolicyPod } from './policy-verdict.ts';

type Policies = Parameters<typeof isAllowed>[0];

/** As they stand in https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
const documented = {
  example: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: test-network-policy, namespace: default }
spec:
  podSelector: { matchLabels: { role: db } }
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - ipBlock: { cidr: 172.17.0.0/16, except: [172.17.1.0/24] }
        - namespaceSelector: { matchLabels: { project: myproject } }
        - podSelector: { matchLabels: { role: frontend } }
      ports: [{ protocol: TCP, port: 6379 }]
  egress:
    - to: [{ ipBlock: { cidr: 10.0.0.0/24 } }]
      ports: [{ protocol: TCP, port: 5978 }]`,
  both: `
kind: NetworkPolicy
metadata: { namespace: default }
spec:
  podSelector: { matchLabels: { role: db } }
  ingress:
    - from:
        - namespaceSelector: { matchLabels: { user: alice } }
          podSelector: { matchLabels: { role: client } }`,
  either: `
kind: NetworkPolicy
metadata: { namespace: default }
spec:
  podSelector: { matchLabels: { role: db } }
  ingress:
    - from:
        - namespaceSelector: { matchLabels: { user: alice } }
        - podSelector: { matchLabels: { role: client } }`,
  denyIngress: `
kind: NetworkPolicy
metadata: { name: default-deny-ingress, namespace: default }
spec: { podSelector: {}, policyTypes: [Ingress] }`,
  allowIngress: `
kind: NetworkPolicy
metadata: { name: allow-all-ingress, namespace: default }
spec: { podSelector: {}, ingress: [{}], policyTypes: [Ingress] }`,
  denyEgress: `
kind: NetworkPolicy
metadata: { name: default-deny-egress, namespace: default }
spec: { podSelector: {}, policyTypes: [Egress] }`,
  allowEgress: `
kind: NetworkPolicy
metadata: { name: allow-all-egress, namespace: default }
spec: { podSelector: {}, egress: [{}], policyTypes: [Egress] }`,
  denyAll: `
kind: NetworkPolicy
metadata: { name: default-deny-all, namespace: default }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }`,
  portRange: `
kind: NetworkPolicy
metadata: { name: multi-port-egress, namespace: default }
spec:
  podSelector: { matchLabels: { role: db } }
  policyTypes: [Egress]
  egress:
    - to: [{ ipBlock: { cidr: 10.0.0.0/24 } }]
      ports: [{ protocol: TCP, port: 32000, endPort: 32768 }]`,
  severalNamespaces: `
kind: NetworkPolicy
metadata: { name: egress-namespaces, namespace: default }
spec:
  podSelector: { matchLabels: { app: myapp } }
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector:
            matchExpressions: [{ key: namespace, operator: In, values: [frontend, backend] }]`,
};

const policies = (...names: (keyof typeof documented)[]): Policies =>
  names.flatMap((name) => parseAllDocuments(documented[name]).map((document) => document.toJS() as Policies[number]));

const pod = (namespace: string, labels: Record<string, string>, more: Partial<PolicyPod> = {}): PolicyPod => ({
  namespace: { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace } },
  labels,
  addresses: ['10.244.0.9'],
  ...more,
});
const within = (name: string, labels: Record<string, string>) => ({ name, labels });
const db = pod('default', { role: 'db' });
const frontend = pod('default', { role: 'frontend' });
const stranger = pod('other', { role: 'frontend' });
const opens = (written: Policies, from: End, to: End, port = 6379, protocol: Connection['protocol'] = 'TCP') =>
  isAllowed(written, { from, to, port, protocol });

describe('the verdict over network policies', () => {
  it('is open where no policy selects the pod', () => {
    expect(opens([], stranger, db)).toBe(true);
    expect(opens(policies('denyAll'), pod('other', {}), stranger)).toBe(true);
    expect(opens(policies('example'), stranger, frontend)).toBe(true);
  });

  it('takes each way in of the documented example, at its port and protocol alone', () => {
    const written = policies('example');
    const ofProject = pod('theirs', {}, { namespace: within('theirs', { project: 'myproject' }) });
    expect(opens(written, frontend, db)).toBe(true);
    expect(opens(written, ofProject, db)).toBe(true);
    expect(opens(written, { address: '172.17.0.1' }, db)).toBe(true);
    expect(opens(written, { address: '172.17.2.0' }, db)).toBe(true);
    expect(opens(written, { address: '172.17.1.5' }, db)).toBe(false);
    expect(opens(written, { address: '172.18.0.1' }, db)).toBe(false);
    expect(opens(written, stranger, db)).toBe(false);
    expect(opens(written, pod('default', { role: 'other' }), db)).toBe(false);
    expect(opens(written, frontend, db, 6380)).toBe(false);
    expect(opens(written, frontend, db, 6379, 'UDP')).toBe(false);
  });

  it('takes the one way out of the documented example', () => {
    const written = policies('example');
    expect(opens(written, db, { address: '10.0.0.7' }, 5978)).toBe(true);
    expect(opens(written, db, { address: '10.0.1.7' }, 5978)).toBe(false);
    expect(opens(written, db, { address: '10.0.0.7' }, 443)).toBe(false);
    expect(opens(written, db, frontend, 5978)).toBe(false);
    expect(opens(written, db, pod('other', {}, { addresses: ['10.0.0.8'] }), 5978)).toBe(true);
  });

  it('tells both selectors in one item from one in each of two', () => {
    const alices = (labels: Record<string, string>) =>
      pod('of-alice', labels, { namespace: within('of-alice', { user: 'alice' }) });
    expect(opens(policies('both'), alices({ role: 'client' }), db)).toBe(true);
    expect(opens(policies('both'), alices({}), db)).toBe(false);
    expect(opens(policies('both'), pod('default', { role: 'client' }), db)).toBe(false);
    expect(opens(policies('either'), alices({}), db)).toBe(true);
    expect(opens(policies('either'), pod('default', { role: 'client' }), db)).toBe(true);
    expect(opens(policies('either'), pod('other', { role: 'client' }), db)).toBe(false);
  });

  it('knows the documented defaults of a namespace', () => {
    const inside = pod('default', {});
    expect(opens(policies('denyIngress'), stranger, inside)).toBe(false);
    expect(opens(policies('denyIngress'), inside, stranger)).toBe(true);
    expect(opens(policies('denyEgress'), inside, { address: '203.0.113.1' }, 443)).toBe(false);
    expect(opens(policies('denyEgress'), stranger, inside)).toBe(true);
    expect(opens(policies('denyAll'), inside, db)).toBe(false);
  });

  it('adds allowances up, in whatever order', () => {
    expect(opens(policies('denyIngress', 'allowIngress'), stranger, db)).toBe(true);
    expect(opens(policies('allowEgress', 'denyAll', 'allowIngress'), db, pod('default', {}))).toBe(true);
    expect(opens(policies('denyAll', 'example'), frontend, db)).toBe(false);
    expect(opens(policies('denyIngress', 'example'), frontend, db)).toBe(true);
  });

  it('isolates egress without policyTypes only where there is an egress rule', () => {
    expect(opens(policies('both'), db, stranger)).toBe(true);
    const [written] = policies('example');
    const { policyTypes: _, ...spec } = written?.spec ?? { podSelector: {} };
    expect(opens([{ ...written, spec }], db, stranger)).toBe(false);
  });

  it('reads ranges and names of ports', () => {
    const out = (port: number) => opens(policies('portRange'), db, { address: '10.0.0.1' }, port);
    expect([31_999, 32_000, 32_500, 32_768, 32_769].map(out)).toEqual([false, true, true, true, false]);
    const named: Policies = [
      { metadata: { namespace: 'default' }, spec: { podSelector: {}, ingress: [{ ports: [{ port: 'web' }] }] } },
    ];
    const server = pod('default', {}, { namedPorts: { web: { port: 8080, protocol: 'TCP' } } });
    expect(opens(named, stranger, server, 8080)).toBe(true);
    expect(opens(named, stranger, server, 8081)).toBe(false);
    expect(opens(named, stranger, db, 8080)).toBe(false);
  });

  it('reads every operator of selectors', () => {
    const mine = pod('default', { app: 'myapp' });
    const to = (labels: Record<string, string>) => pod('x', {}, { namespace: within('x', labels) });
    expect(opens(policies('severalNamespaces'), mine, to({ namespace: 'backend' }))).toBe(true);
    expect(opens(policies('severalNamespaces'), mine, to({ namespace: 'x' }))).toBe(false);
    expect(opens(policies('severalNamespaces'), mine, to({}))).toBe(false);
    const selected = (operator: string, labels: Record<string, string>) =>
      !opens(
        [
          {
            metadata: { namespace: 'default' },
            spec: { podSelector: { matchExpressions: [{ key: 'tier', operator, values: ['a'] }] } },
          },
        ],
        stranger,
        pod('default', labels),
      );
    expect(selected('NotIn', {})).toBe(true);
    expect(selected('NotIn', { tier: 'a' })).toBe(false);
    expect(selected('Exists', { tier: 'b' })).toBe(true);
    expect(selected('Exists', {})).toBe(false);
    expect(selected('DoesNotExist', {})).toBe(true);
    expect(() => selected('Like', {})).toThrow(/no operator Like/);
  });

  it('keeps the families of addresses apart', () => {
    const every = (cidr: string): Policies => [
      {
        metadata: { namespace: 'default' },
        spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr } }] }] },
      },
    ];
    const reaches = (cidr: string, address: string) => opens(every(cidr), db, { address }, 443);
    expect([reaches('0.0.0.0/0', '198.51.100.1'), reaches('0.0.0.0/0', '2001:db8::1')]).toEqual([true, false]);
    expect([reaches('::/0', '198.51.100.1'), reaches('::/0', '2001:db8::1')]).toEqual([false, true]);
  });
});
