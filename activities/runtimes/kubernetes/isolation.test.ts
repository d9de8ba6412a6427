import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { namespaceOf, objectNameOf } from './names.ts';
import type { Kinds, Manifest } from './objects.ts';
import { restrictedContainer, restrictedPod } from './restricted.ts';
import { withoutCluster } from './testing/cluster.ts';
import { settle, type Neighbourhood, type Party } from './testing/neighbourhood.ts';
import { isAllowed, type Protocol } from './testing/policy-verdict.ts';

const gatewayPort = 8080;
const model = { host: '10.9.8.7', port: 8000 };
const namedModel = { host: 'models.example', port: 9443 };

/** Pods, services, nodes, and the address at which this cluster's API is reached from outside. */
const clusterRanges = ['10.244.0.0/16', '10.96.0.0/12', '192.168.7.0/24', '203.0.113.5/32'];

const ports: readonly [Protocol, number][] = [
  ['TCP', 22],
  ['TCP', 53],
  ['UDP', 53],
  ['TCP', 80],
  ['TCP', 443],
  ['TCP', gatewayPort],
  ['TCP', 18_700],
  ['TCP', model.port],
  ['TCP', namedModel.port],
];

interface Destination {
  title: string;
  address: string;
  /** To the public, or in the house but not the cluster's own; everything else is never opened. */
  is: 'public' | 'private' | 'never';
}

const destinations: readonly Destination[] = [
  { title: 'the internet', address: '198.51.100.7', is: 'public' },
  { title: 'the internet by IPv6', address: '2001:db8::7', is: 'public' },
  { title: 'the model in the house', address: model.host, is: 'private' },
  { title: 'another server in the house', address: '172.20.1.1', is: 'private' },
  { title: 'the metadata service', address: '169.254.169.254', is: 'never' },
  { title: 'the metadata service of Alibaba', address: '100.100.100.200', is: 'never' },
  { title: 'the metadata service by IPv6', address: 'fd00:ec2::254', is: 'never' },
  { title: 'the metadata service by an IPv6 that embeds it', address: '64:ff9b::a9fe:a9fe', is: 'never' },
  { title: 'the API of the cluster by its service', address: '10.96.0.1', is: 'never' },
  { title: 'the API of the cluster from outside', address: '203.0.113.5', is: 'never' },
  { title: 'the DNS of the cluster', address: '10.96.0.10', is: 'never' },
  { title: 'another node', address: '192.168.7.10', is: 'never' },
  { title: 'loopback', address: '127.0.0.1', is: 'never' },
];

const isTenants = ({ kind }: Party): boolean => kind !== 'platform' && kind !== 'stranger';

/** As the design says it, not as the policies are written: names, public HTTPS, and what a configuration names. */
function mayLeave(from: Party, to: { is: Destination['is']; address?: string }, protocol: Protocol, port: number) {
  if (!isTenants(from) || port === 53) return true;
  if (protocol !== 'TCP' || to.is === 'never') return false;
  if (to.is === 'public' && port === 443) return true;
  return from.egress.some(
    (named) => named.port === port && (named.host === to.address || named.host === namedModel.host),
  );
}

/** Agents are entered by the platform alone, at their gateway alone; nothing else of a tenant by anybody. */
const mayEnter = (from: Party | null, to: Party, protocol: Protocol, port: number): boolean =>
  !isTenants(to) || (to.kind === 'instance' && from?.kind === 'platform' && protocol === 'TCP' && port === gatewayPort);

describe.skipIf(withoutCluster)(`two tenants on one cluster${withoutCluster}`, { timeout: 60_000 }, () => {
  let on: Neighbourhood;
  let policies: Parameters<typeof isAllowed>[0];
  beforeAll(async () => {
    const projects = [
      [[model], [namedModel]],
      [[], []],
    ];
    on = await settle({ clusterRanges, projects, image: 'nobody.example/agent:1' });
    policies = (await on.cluster.list('NetworkPolicy', undefined, {}, on.signal)).items;
  }, 120_000);
  afterAll(() => on?.leave());

  describe('under the network policies that were written', () => {
    const pairs = () =>
      on.parties.flatMap((from) => on.parties.filter((to) => to !== from).map((to) => ({ from, to })));
    const verdicts = (written = policies) =>
      pairs().flatMap(({ from, to }) =>
        ports.map(([protocol, port]) => ({
          title: `${from.title} -> ${to.title} ${protocol} ${port}`,
          is: isAllowed(written, { from: from.pod, to: to.pod, protocol, port }),
          // All pods are in a range of the cluster.
          should: mayLeave(from, { is: 'never' }, protocol, port) && mayEnter(from, to, protocol, port),
        })),
      );
    const differing = (found: { title: string; is: boolean; should: boolean }[]) =>
      found.filter(({ is, should }) => is !== should).map(({ title, is }) => `${title}: ${is ? 'open' : 'closed'}`);

    it('every pair of pods is open exactly where the design opens it', () => {
      const found = verdicts();
      expect(on.parties.map(({ kind }) => kind).toSorted()).toEqual([
        'files',
        'files',
        ...Array.from({ length: 8 }, () => 'instance'),
        'one-shot',
        'one-shot',
        'platform',
        'state-copy',
        'state-copy',
        'stranger',
        'stranger',
        'stranger',
      ]);
      expect(found).toHaveLength(18 * 17 * ports.length);
      expect(differing(found)).toEqual([]);
      const toTenants = pairs().filter(({ to }) => isTenants(to)).length;
      expect(toTenants).toBe(14 * 17);
      // Into a tenant's pods there are as many ways as there are instances: the platform's, to each gateway.
      const open = found.filter(({ is, title }) => is && / of tenant \d \w+ \d+$/.test(title));
      expect(open.map(({ title }) => title.replace(/instance \d+/, 'instance'))).toEqual([
        ...Array.from({ length: 4 }, () => `worker -> instance of tenant 1 TCP ${gatewayPort}`),
        ...Array.from({ length: 4 }, () => `worker -> instance of tenant 2 TCP ${gatewayPort}`),
      ]);
    });

    it('every pod reaches of the world what the design opens, and is reached by nothing of it', () => {
      const wrong = on.parties.flatMap((party) =>
        destinations.flatMap(({ title, address, is: kind }) =>
          ports.flatMap(([protocol, port]) => {
            const out = isAllowed(policies, { from: party.pod, to: { address }, protocol, port });
            const back = isAllowed(policies, { from: { address }, to: party.pod, protocol, port });
            return [
              ...(out === mayLeave(party, { is: kind, address }, protocol, port)
                ? []
                : [`${party.title} -> ${title} ${protocol} ${port}: ${out ? 'open' : 'closed'}`]),
              ...(back === mayEnter(null, party, protocol, port)
                ? []
                : [`${title} -> ${party.title} ${protocol} ${port}: ${back ? 'open' : 'closed'}`]),
            ];
          }),
        ),
      );
      expect(wrong).toEqual([]);
    });

    it.each(['deny-all', 'allow-names', 'allow-public-https'])('would be noticed to differ without %s', (name) => {
      const without = policies.filter(({ metadata }) => metadata?.name !== name);
      const reachesWorld = (written: typeof policies) =>
        on.parties.map(({ pod: from }) =>
          isAllowed(written, { from, to: { address: '198.51.100.7' }, protocol: 'TCP', port: 443 }),
        );
      const changed = name === 'allow-public-https' ? reachesWorld(without) : differing(verdicts(without));
      expect(changed).not.toEqual(name === 'allow-public-https' ? reachesWorld(policies) : []);
    });
  });

  it('has pods that hold nothing of the cluster, and only what is their own', () => {
    const own = new Map(on.refs.map((ref) => [namespaceOf(ref.tenantId), ref.tenantId]));
    for (const { kind, stored } of on.parties.filter(isTenants)) {
      const { name, namespace = '', ownerReferences = [] } = stored.metadata;
      const { containers, volumes = [], ...spec } = stored.spec ?? { containers: [] };
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(spec).toMatchObject({
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const shared of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const) {
        expect(spec[shared] ?? false).toBe(false);
      }
      expect(spec).not.toHaveProperty('initContainers');
      expect(own.get(namespace)).toBe(stored.metadata.labels?.['open-cluster-claw.io/tenant']);

      const mine = kind === 'instance' ? name.replace(/-0$/, '') : name.replace(/-(state|files)$/, '');
      const owners = kind === 'state-copy' ? [mine] : ownerReferences.map((owner) => owner.name);
      expect(owners).toEqual([mine]);
      for (const { configMap, persistentVolumeClaim, emptyDir, secret, name: _name, ...others } of volumes) {
        expect(others).toEqual({});
        expect(secret).toBeUndefined();
        expect(configMap?.name ?? persistentVolumeClaim?.claimName ?? (emptyDir ? mine : '')).toBe(mine);
      }
      expect(containers).toHaveLength(1);
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container).not.toHaveProperty('envFrom');
        const refs = (container.env ?? []).flatMap(({ valueFrom }) => valueFrom ?? []);
        expect(refs.map(({ secretKeyRef }) => secretKeyRef?.name)).toEqual(refs.map(() => mine));
        expect(refs.length > 0).toBe(kind === 'instance');
        expect((container.ports ?? []).some(({ hostPort }) => hostPort !== undefined)).toBe(false);
      }
    }
  });

  it('has secrets by the id of their instance, in the namespace of its tenant, and no other', async () => {
    for (const tenantId of on.tenantIds) {
      const { items } = await on.cluster.list('Secret', namespaceOf(tenantId), {}, on.signal);
      const own = on.refs.filter((ref) => ref.tenantId === tenantId).map(({ instanceId }) => objectNameOf(instanceId));
      expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(own.toSorted());
    }
  });

  type PodSpec = NonNullable<Manifest<Kinds['Pod']>['spec']>;
  const user = { uid: 1000, gid: 1000 };
  const harmless: PodSpec = {
    ...restrictedPod(user),
    activeDeadlineSeconds: 60,
    containers: [
      {
        name: 'a',
        image: 'nobody.example/none:1',
        resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { memory: '1Mi' } },
        securityContext: restrictedContainer,
      },
    ],
  };
  const withContext = (change: NonNullable<PodSpec['containers'][number]['securityContext']>): PodSpec => ({
    ...harmless,
    containers: harmless.containers.map((container) => ({
      ...container,
      securityContext: { ...restrictedContainer, ...change },
    })),
  });
  const refused: [string, PodSpec][] = [
    ['is privileged', withContext({ privileged: true, allowPrivilegeEscalation: true })],
    ['may gain privileges', withContext({ allowPrivilegeEscalation: true })],
    ['keeps capabilities', withContext({ capabilities: {} })],
    ['adds a capability', withContext({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } })],
    ['runs as root', { ...harmless, securityContext: { ...harmless.securityContext, runAsUser: 0 } }],
    ['may be root', { ...harmless, securityContext: { ...harmless.securityContext, runAsNonRoot: false } }],
    [
      'has no filter for system calls',
      { ...harmless, securityContext: { ...harmless.securityContext, seccompProfile: { type: 'Unconfined' } } },
    ],
    ['is on the network of the node', { ...harmless, hostNetwork: true }],
    ['sees the processes of the node', { ...harmless, hostPID: true }],
    ['reads the disk of the node', { ...harmless, volumes: [{ name: 'disk', hostPath: { path: '/' } }] }],
    [
      'takes a port of the node',
      {
        ...harmless,
        containers: harmless.containers.map((one) => ({ ...one, ports: [{ containerPort: 1, hostPort: 1 }] })),
      },
    ],
  ];
  const create = (name: string, spec: PodSpec) => {
    const namespace = namespaceOf(on.tenantIds[0] ?? '');
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec };
    return on.cluster.create('Pod', namespace, manifest, on.signal);
  };

  it.each(refused)('has namespaces that refuse a pod which %s', async (_what, spec) => {
    await expect(create('refused', spec)).rejects.toMatchObject({
      // Where the API server itself takes no privileged pods, it says so first.
      detail: expect.stringMatching(/violates PodSecurity "restricted|privileged: Forbidden: disallowed by cluster/),
    });
  });

  it('has namespaces that take the same pod without that', async () => {
    await expect(create('taken', harmless)).resolves.toMatchObject({ metadata: { name: 'taken' } });
  });
});
