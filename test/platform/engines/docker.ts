import { join } from 'node:path';
import { engineOf, type TestEngine } from './engine.ts';
import { hasChains, keepPacketFilter } from './packet-filter.ts';

const chains = /^DOCKER/;

/** Why there can be none beside what is there; undefined where there can. */
export async function whyNoDocker(): Promise<string | undefined> {
  if (await hasChains(chains)) return 'another Docker uses the packet filter of this machine';
  return undefined;
}

/**
 * A Docker of its own.
 * @param options without `packetFilter` it writes no rules, so that it can be beside another one; its networks are not
 *   apart then. With `liveRestore` its containers outlive it
 */
export function buildDocker(
  directory: string,
  { packetFilter, liveRestore = false }: { packetFilter: boolean; liveRestore?: boolean },
): TestEngine {
  const restore = packetFilter ? keepPacketFilter(chains) : () => Promise.resolve();
  return engineOf({
    name: 'dockerd',
    directory,
    program: 'dockerd',
    args: (socketPath) => [
      `--host=unix://${socketPath}`,
      `--data-root=${join(directory, 'data')}`,
      `--exec-root=${join(directory, 'run')}`,
      `--pidfile=${join(directory, 'dockerd.own.pid')}`,
      '--bridge=none',
      '--storage-driver=overlay2',
      `--iptables=${packetFilter}`,
      `--live-restore=${liveRestore}`,
    ],
    env: {},
    leftByKill: ['run/containerd/containerd.pid'],
    clearUp: restore,
  });
}
