import { existsSync, mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { keyPair } from './certificates.ts';
import { expectSuccess, type ClusterApi } from './cluster-api.ts';
import { runCommand } from './command.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import { findOnPath, type Programs } from './programs.ts';
import { findPluginFolder } from './node-requirements.ts';
import type { PartPlan } from './part.ts';
import { sandboxImage } from './sandbox-image.ts';

export type NodePart = 'containerd' | 'kubelet';

const overlayMagic = 0x794c7630;
const longestSocketPath = 107;

/** Where the node's network configuration is, for containerd. */
export const networkConfigFolder = (layout: Layout) => layout.path('node', 'network');

/** A containerd of our own: another one on the machine is not touched. */
export function planContainerd(layout: Layout): PartPlan<'containerd'> {
  const root = layout.path('node', 'containerd');
  mkdirSync(root, { recursive: true });
  const configFile = layout.path('node', 'containerd.toml');
  writeFileSync(configFile, containerdConfig(layout, root));
  return {
    name: 'containerd',
    program: findOnPath('containerd') ?? 'containerd',
    args: ['--config', configFile],
    isReady: () =>
      runCommand('ctr', ['--address', layout.containerdSocket, 'version'], {
        timeoutMs: 5_000,
      }).then(
        () => true,
        () => false,
      ),
  };
}

function containerdConfig(layout: Layout, root: string): string {
  const text = JSON.stringify;
  // An overlay cannot lie on an overlay (the directory is in a container's own file system).
  const snapshotter = statfsSync(root).type === overlayMagic ? 'native' : 'overlayfs';
  return `version = 2
root = ${text(root)}
state = ${text(`${layout.runDirectory}/containerd`)}

[grpc]
  address = ${text(layout.containerdSocket)}

[ttrpc]
  address = ${text(`${layout.containerdSocket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(`${root}/opt`)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(sandboxImage)}
  # Without the right to lower it (CAP_SYS_RESOURCE), containers fail to start when they ask for a low OOM score.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(findPluginFolder())}
  conf_dir = ${text(networkConfigFolder(layout))}

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = ${text(snapshotter)}

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = ${text(`${layout.runDirectory}/runc`)}
  SystemdCgroup = false
`;
}

export function planKubelet(layout: Layout, programs: Programs, api: ClusterApi): PartPlan<'kubelet'> {
  const root = layout.path('node', 'kubelet');
  if (`${root}/device-plugins/kubelet.sock`.length > longestSocketPath) {
    throw new Error(
      `The path ${layout.directory} is too long for a node: its sockets may have 107 characters. Use a shorter one.`,
    );
  }
  const configFile = layout.path('node', 'kubelet.json');
  mkdirSync(root, { recursive: true });
  writeFileSync(configFile, JSON.stringify(kubeletConfig(layout), null, 2));
  return {
    name: 'kubelet',
    program: programs.kubelet,
    args: [
      `--config=${configFile}`,
      `--kubeconfig=${writeKubeconfig(layout, 'kubelet')}`,
      `--hostname-override=${layout.nodeName}`,
      `--node-ip=${layout.gatewayAddress}`,
      `--root-dir=${root}`,
      `--cert-dir=${layout.path('node', 'kubelet-certificates')}`,
    ],
    isReady: (startedAtMs) => isNodeReady(layout, api, startedAtMs).catch(() => false),
    readyTimeoutMs: 120_000,
  };
}

function kubeletConfig(layout: Layout) {
  const server = keyPair(layout, 'kubelet-server');
  const systemdResolved = '/run/systemd/resolve/resolv.conf';
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: layout.gatewayAddress,
    port: layout.ports.kubelet,
    readOnlyPort: 0,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: keyPair(layout, 'cluster-authority').certificate },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: server.certificate,
    tlsPrivateKeyFile: server.key,
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: layout.cgroup,
    failSwapOn: false,
    failCgroupV1: false,
    // Without a cluster DNS pods ask whom the machine asks; systemd's local stub cannot be reached from a pod.
    resolvConf: existsSync(systemdResolved) ? systemdResolved : '/etc/resolv.conf',
    podLogsDir: layout.path('node', 'pod-logs'),
    volumePluginDir: layout.path('node', 'volume-plugins'),
    // How long a changed ConfigMap or Secret takes to reach a pod's files (a minute by default).
    syncFrequency: '5s',
    makeIPTablesUtilChains: false,
    serializeImagePulls: false,
    // Images were imported from files: one that is thrown away cannot be pulled again.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // A developer's disk is often nearly full, and the default would evict agents at 90 %.
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'nodefs.inodesFree': '1%',
      'imagefs.available': '1%',
      'imagefs.inodesFree': '1%',
    },
  };
}

/** Ready, as said by the kubelet that was started now: the node's object still tells of an earlier run at first. */
async function isNodeReady(layout: Layout, api: ClusterApi, sinceMs: number): Promise<boolean> {
  const answer = await api.call('GET', `/api/v1/nodes/${layout.nodeName}`);
  if (answer.status === 404) return false;
  const node = expectSuccess(answer, 'reading the node') as {
    status: { conditions?: { type: string; status: string; lastHeartbeatTime: string }[] };
  };
  const ready = node.status.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime) >= Math.floor(sinceMs / 1000) * 1000;
}
