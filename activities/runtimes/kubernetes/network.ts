import { BlockList, isIP } from 'node:net';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Egress } from '../runtime.ts';
import { labels } from './names.ts';
import type { Kinds, Manifest } from './objects.ts';

type Policy = Manifest<Kinds['NetworkPolicy']>;
export type PolicySpec = NonNullable<Policy['spec']>;
type EgressRule = NonNullable<PolicySpec['egress']>[number];
type Peer = NonNullable<EgressRule['to']>[number];

/** Never opened, whoever asks: this machine, link-local with the clouds' metadata services, multicast. */
const forbiddenRanges = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/127',
  'fe80::/10',
  'fd00:ec2::254/128',
  'ff00::/8',
];

const privateRanges = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

/** Forms that carry an IPv4 address inside and would lead around the exceptions. */
const embeddingRanges = ['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16'];

const isV6 = (range: string): boolean => range.includes(':');

/** What holds for every pod of a tenant: nothing, then names, then public HTTPS. */
export function spacePolicies(
  metadata: (name: string) => Policy['metadata'],
  clusterRanges: readonly string[],
): Policy[] {
  const policy = (name: string, spec: PolicySpec): Policy => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(name),
    spec,
  });
  const excluded = [...forbiddenRanges, ...privateRanges, ...embeddingRanges, ...clusterRanges];
  return [
    policy('deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    policy('allow-names', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    }),
    policy('allow-public-https', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: everywhereBut(excluded), ports: [{ protocol: 'TCP', port: 443 }] }],
    }),
  ];
}

/**
 * The openings of one instance: its port for the platform's namespace, and what its configuration names. An
 * address is opened alone. A name cannot be written into a policy and may resolve to other addresses tomorrow and
 * inside the cluster, so its port is opened to every address but the forbidden ones and the cluster's own ranges;
 * no other agent is reached that way, because each refuses all but the platform. While nobody has said which ranges
 * are the cluster's own, every private address may be one of its.
 * @throws Problem 'cluster.refused' for an address that is never opened
 */
export function instancePolicySpec(
  podSelector: Record<string, string>,
  port: number,
  egress: readonly Egress[],
  clusterRanges: readonly string[],
): PolicySpec {
  const openings = [...new Map(egress.map((entry) => [`${entry.host} ${entry.port}`, entry])).values()];
  return {
    podSelector: { matchLabels: podSelector },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { [labels.role]: 'platform' } } }],
        ports: [{ protocol: 'TCP', port }],
      },
    ],
    // An empty list would be dropped by the cluster and then differ for ever.
    ...(openings.length === 0
      ? {}
      : {
          egress: openings.map((entry) => ({
            to: peersOf(entry, clusterRanges),
            ports: [{ protocol: 'TCP', port: entry.port }],
          })),
        }),
  };
}

function peersOf({ host, port }: Egress, clusterRanges: readonly string[]): Peer[] {
  const address = host.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  const areKnown = clusterRanges.length > 0;
  const never = [...forbiddenRanges, ...embeddingRanges, ...(areKnown ? clusterRanges : privateRanges)];
  if (family === 0) return everywhereBut(never);
  if (blockListOf(never).check(address, family === 6 ? 'ipv6' : 'ipv4')) {
    const remedy = areKnown ? '' : ' An administrator can name the clusterRanges in the settings of the cluster.';
    throw new Problem('cluster.refused', `Agents may not be given access to ${host}:${port}.${remedy}`);
  }
  return [{ ipBlock: { cidr: `${address}/${family === 6 ? 128 : 32}` } }];
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), isV6(range) ? 'ipv6' : 'ipv4');
  }
  return list;
}

const everywhereBut = (ranges: readonly string[]): Peer[] => [
  { ipBlock: { cidr: '0.0.0.0/0', except: ranges.filter((range) => !isV6(range)) } },
  { ipBlock: { cidr: '::/0', except: ranges.filter(isV6) } },
];
