import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { isPortFree, pickFreePort } from '../ports.ts';

const portNames = ['etcdClient', 'etcdPeer', 'apiServer', 'controllerManager', 'scheduler', 'kubelet', 'kwok'] as const;
type Ports = Record<(typeof portNames)[number], number>;

/**
 * The names, addresses and places of one local Kubernetes. All follow from its directory, so that several live
 * beside each other (and beside a Kubernetes or containerd of the machine's own) without touching.
 */
export type Layout = {
  /** Eight characters that tell this Kubernetes from others on the machine. */
  id: string;
  directory: string;
  ports: Ports;
  nodeName: string;
  /** The network bridge of the pods; its address is the node's, and the machine as pods see it. */
  bridge: string;
  podNetwork: string;
  gatewayAddress: string;
  serviceNetwork: string;
  apiServiceAddress: string;
  /** Sockets and state that do not outlive a run; short, because a socket's path may have 107 characters. */
  runDirectory: string;
  containerdSocket: string;
  /** Parent of every container's control group. */
  cgroup: string;
  /** A file or folder below the directory. */
  path: (...parts: string[]) => string;
};

type Remembered = { ports: Ports; podOctets: [number, number] };

const digest = (directory: string) => createHash('sha256').update(directory).digest();

/** Works the layout out, or finds the remembered one again; a port that was taken meanwhile is replaced. */
export async function planLayout(givenDirectory: string): Promise<Layout> {
  const directory = resolve(givenDirectory);
  // Holds keys, and the agents' data.
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const remembered = readRemembered(directory);
  const ports = await choosePorts(remembered?.ports);
  const podOctets = remembered?.podOctets ?? freeOctets(digest(directory));
  writeFileSync(rememberedFile(directory), `${JSON.stringify({ ports, podOctets } satisfies Remembered, null, 2)}\n`);
  return describeLayout(directory, { ports, podOctets });
}

/** The layout of a Kubernetes that is running, perhaps by another process; undefined when there is none. */
export function readLayout(givenDirectory: string): Layout | undefined {
  const directory = resolve(givenDirectory);
  const remembered = readRemembered(directory);
  return remembered && describeLayout(directory, remembered);
}

const rememberedFile = (directory: string) => join(directory, 'layout.json');

function readRemembered(directory: string): Remembered | undefined {
  const file = rememberedFile(directory);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Remembered) : undefined;
}

function describeLayout(directory: string, { ports, podOctets: [a, b] }: Remembered): Layout {
  const id = digest(directory).toString('hex').slice(0, 8);
  const runDirectory = `/run/occ-${id}`;
  return {
    id,
    directory,
    ports,
    nodeName: `local-${id}`,
    bridge: `occ-${id}`,
    podNetwork: `10.${a}.${b}.0/24`,
    gatewayAddress: `10.${a}.${b}.1`,
    serviceNetwork: `10.${a + 64}.0.0/16`,
    apiServiceAddress: `10.${a + 64}.0.1`,
    runDirectory,
    containerdSocket: `${runDirectory}/containerd.sock`,
    cgroup: `/occ-${id}`,
    path: (...parts) => join(directory, ...parts),
  };
}

async function choosePorts(remembered: Ports | undefined): Promise<Ports> {
  const ports: Partial<Ports> = {};
  for (const name of portNames) {
    const port = remembered?.[name];
    ports[name] = port && (await isPortFree(port)) ? port : await pickFreePort(Object.values(ports));
  }
  return ports as Ports;
}

/** Second and third part of the pods' network: from the hash, moved on while an interface is in it. */
function freeOctets(hash: Buffer): [number, number] {
  const inUse = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const start = hash.readUInt16BE(0);
  for (let step = 0; step < 62 * 256; step += 1) {
    const number = (start + step) % (62 * 256);
    const octets: [number, number] = [128 + Math.floor(number / 256), number % 256];
    if (!inUse.some((address) => address.startsWith(`10.${octets.join('.')}.`))) return octets;
  }
  throw new Error('No free network for pods: the machine uses all of 10.128.0.0 to 10.189.255.255.');
}
