import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineOf, type TestEngine } from './engine.ts';
import { keepPacketFilter } from './packet-filter.ts';

/** A Podman of its own, as its service over a socket. */
export function buildPodman(directory: string): TestEngine {
  mkdirSync(directory, { recursive: true });
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const at = (name: string): string => JSON.stringify(join(directory, name));
  // runc, because crun refuses machines that have both kinds of control groups.
  const engine = file(
    'containers.conf',
    `[containers]
default_ulimits = ["nofile=8192:8192", "nproc=8192:8192"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
init_path = "/usr/bin/tini"
tmp_dir = ${at('tmp')}
volume_path = ${at('volumes')}
[network]
network_backend = "netavark"
network_config_dir = ${at('networks')}
`,
  );
  const storage = file(
    'storage.conf',
    `[storage]
driver = "overlay"
graphroot = ${at('data')}
runroot = ${at('run')}
`,
  );
  const policy = file('policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}');
  const restore = keepPacketFilter(/^NETAVARK/);
  return engineOf({
    name: 'podman',
    directory,
    program: 'podman',
    args: (socketPath) => ['system', 'service', '--time=0', `unix://${socketPath}`],
    env: {
      CONTAINERS_CONF: engine,
      CONTAINERS_STORAGE_CONF: storage,
      CONTAINERS_REGISTRIES_CONF: file('registries.conf', ''),
      SIGNATURE_POLICY: policy,
      NOTIFY_SOCKET: undefined,
    },
    clearUp: restore,
  });
}
