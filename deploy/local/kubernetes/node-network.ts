import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { Layout } from './layout.ts';

const resultsFolder = '/var/lib/cni/results';

/** Packets between pods and the world: every rule carries the bridge's name, so that ours can be told from others. */
function firewallRules({ bridge, podNetwork }: Layout): { table: string; chain: string; rule: string[] }[] {
  const comment = ['-m', 'comment', '--comment', bridge];
  return [
    {
      table: 'nat',
      chain: 'POSTROUTING',
      rule: ['-s', podNetwork, '!', '-d', podNetwork, ...comment, '-j', 'MASQUERADE'],
    },
    // Where Docker is installed, the machine forwards nothing that is not asked for.
    { table: 'filter', chain: 'FORWARD', rule: ['-i', bridge, ...comment, '-j', 'ACCEPT'] },
    {
      table: 'filter',
      chain: 'FORWARD',
      rule: ['-o', bridge, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', ...comment, '-j', 'ACCEPT'],
    },
  ];
}

/**
 * Makes the bridge that connects pods, the node's address on it, and the way out. Made here rather than by the
 * network plugin, so that the kubelet and servers on this machine can listen on the address before the first pod.
 */
export async function ensureNetwork(layout: Layout, configFolder: string): Promise<void> {
  const { bridge, gatewayAddress } = layout;
  await runCommand('ip', ['link', 'show', bridge]).catch(() =>
    runCommand('ip', ['link', 'add', bridge, 'type', 'bridge']),
  );
  await runCommand('ip', ['address', 'replace', `${gatewayAddress}/24`, 'dev', bridge]);
  await runCommand('ip', ['link', 'set', bridge, 'up']);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  for (const { table, chain, rule } of firewallRules(layout)) {
    const change = (action: string) => runCommand('iptables', ['-w', '-t', table, action, chain, ...rule]);
    await change('-C').catch(() => change('-I'));
  }
  mkdirSync(configFolder, { recursive: true });
  writeFileSync(join(configFolder, '10-occ.conflist'), JSON.stringify(networkConfig(layout), null, 2));
}

function networkConfig({ bridge, podNetwork, gatewayAddress, runDirectory }: Layout) {
  return {
    cniVersion: '0.4.0',
    name: bridge,
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        // One rule for the whole network instead of one a pod, which would stay when a pod's end is not announced.
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: join(runDirectory, 'addresses'),
          ranges: [[{ subnet: podNetwork, gateway: gatewayAddress }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  };
}

/** Undoes ensureNetwork, and forgets the pods that were on it. */
export async function removeNetwork(layout: Layout): Promise<void> {
  for (const { table, chain, rule } of firewallRules(layout)) {
    await runCommand('iptables', ['-w', '-t', table, '-C', chain, ...rule]).then(
      () => runCommand('iptables', ['-w', '-t', table, '-D', chain, ...rule]),
      () => undefined,
    );
  }
  await runCommand('ip', ['link', 'show', layout.bridge]).then(
    () => runCommand('ip', ['link', 'delete', layout.bridge]),
    () => undefined,
  );
  forgetPodAddresses(layout);
}

/** The network plugins keep a file a pod; pods that were killed are not announced to them. */
export function forgetPodAddresses(layout: Layout): void {
  rmSync(join(layout.runDirectory, 'addresses'), { recursive: true, force: true });
  try {
    const files = readdirSync(resultsFolder);
    for (const file of files.filter((name) => name.startsWith(`${layout.bridge}-`))) {
      const container = file.slice(layout.bridge.length + 1, file.lastIndexOf('-'));
      rmSync(join(resultsFolder, file), { force: true });
      rmSync(join(resultsFolder, `cni-loopback-${container}-lo`), { force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
