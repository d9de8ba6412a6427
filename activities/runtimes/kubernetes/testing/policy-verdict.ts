import { BlockList, isIP } from 'node:net';

import type { Kinds, Wire } from '../objects.ts';

type Policy = Wire<Kinds['NetworkPolicy']>;
type PolicySpec = NonNullable<Policy['spec']>;
type Peer = NonNullable<NonNullable<PolicySpec['ingress']>[number]['from']>[number];
type Port = NonNullable<NonNullable<PolicySpec['ingress']>[number]['ports']>[number];
type Selector = NonNullable<Peer['podSelector']>;
type Labels = Record<string, string>;

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** A pod as network policies see it: not its name, only where it is and what it is labelled with. */
export interface PolicyPod {
  namespace: { name: string; labels: Labels };
  labels: Labels;
  addresses: readonly string[];
  /** Container ports that have a name: policies may say that instead of a number. */
  namedPorts?: Readonly<Record<string, { port: number; protocol: Protocol }>>;
}

/** One end of a connection: a pod, or an address that is none's. */
export type End = PolicyPod | { address: string };

export interface Connection {
  from: End;
  to: End;
  protocol: Protocol;
  port: number;
}

/**
 * Whether the policies let a connection be opened, as the documentation of Kubernetes' NetworkPolicy defines it: both the
 * sender's egress and the receiver's ingress must allow it; a pod that no policy selects for a direction is open in it;
 * allowances add up. Answers to an allowed connection belong to it. Where the definition leaves something to the network
 * (an `ipBlock` against the address of a pod), the verdict is the more open one, since it is asked for to find openings.
 * Not covered, because it is no matter of policies: a pod with itself, pods on their node's own network, and a pod with
 * the node that it runs on, which networks may always let through.
 */
export function isAllowed(policies: readonly Policy[], connection: Connection): boolean {
  return allowsDirection(policies, 'Egress', connection) && allowsDirection(policies, 'Ingress', connection);
}

function allowsDirection(
  policies: readonly Policy[],
  direction: 'Ingress' | 'Egress',
  connection: Connection,
): boolean {
  const [subject, other] = direction === 'Egress' ? [connection.from, connection.to] : [connection.to, connection.from];
  if (!isPod(subject)) return true;
  const isolating = policies.filter((policy) => selects(policy, subject) && typesOf(policy).includes(direction));
  if (isolating.length === 0) return true;
  return isolating.some(({ metadata, spec }) => {
    const rules =
      direction === 'Egress'
        ? (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
        : (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
    return rules.some(
      ({ peers, ports }) => matchesPeers(peers, other, metadata?.namespace ?? '') && matchesPorts(ports, connection),
    );
  });
}

const isPod = (end: End): end is PolicyPod => 'namespace' in end;

const selects = ({ metadata, spec }: Policy, pod: PolicyPod): boolean =>
  metadata?.namespace === pod.namespace.name && matchesSelector(spec?.podSelector ?? {}, pod.labels);

/** Ingress always, egress only where there is a rule for it. */
const typesOf = ({ spec }: Policy): readonly string[] =>
  spec?.policyTypes ?? (spec?.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']);

/** No list, and an empty one, mean everybody. */
function matchesPeers(peers: readonly Peer[] | undefined, end: End, policyNamespace: string): boolean {
  if (!peers?.length) return true;
  return peers.some((peer) => matchesPeer(peer, end, policyNamespace));
}

function matchesPeer({ ipBlock, namespaceSelector, podSelector }: Peer, end: End, policyNamespace: string): boolean {
  if (ipBlock) {
    const addresses = isPod(end) ? end.addresses : [end.address];
    return addresses.some((address) => isWithin(address, [ipBlock.cidr]) && !isWithin(address, ipBlock.except ?? []));
  }
  if (!isPod(end)) return false;
  const isInNamespace = namespaceSelector
    ? matchesSelector(namespaceSelector, end.namespace.labels)
    : end.namespace.name === policyNamespace;
  return isInNamespace && matchesSelector(podSelector ?? {}, end.labels);
}

function matchesPorts(ports: readonly Port[] | undefined, connection: Connection): boolean {
  if (!ports?.length) return true;
  return ports.some(({ protocol = 'TCP', port, endPort }) => {
    if (protocol !== connection.protocol) return false;
    if (port === undefined) return true;
    if (typeof port === 'number') return connection.port >= port && connection.port <= (endPort ?? port);
    const named = isPod(connection.to) ? connection.to.namedPorts?.[port] : undefined;
    return named?.port === connection.port && named.protocol === protocol;
  });
}

/** An empty selector matches everything. */
function matchesSelector({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          throw new Error(`Label selectors have no operator ${operator}`);
      }
    })
  );
}

/** A range of the other family holds nobody; Node would find every IPv4 address in `::/0`, as one that is embedded. */
function isWithin(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    if (isIP(network) === isIP(address)) list.addSubnet(network, Number(bits), familyOf(network));
  }
  return list.check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
