import type { VersionToRun, WorkloadInput } from '../adapter.ts';
import type { PackagedProgram, Resources, WorkloadSpec } from '../../runtimes/runtime.ts';
import { assets } from './assets.ts';
import { egressOf } from './egress.ts';
import {
  assetsMount,
  assetsVariable,
  configurationFile,
  configurationMount,
  gatewayPort,
  home,
  scratchMount,
  stateMount,
  user,
} from './process.ts';
import { render } from './render.ts';

const mebibyte = 1_048_576;
const gibibyte = 1_073_741_824;

/** Measured: 0.75 to 0.95 GiB idle, up to 1.4 GiB after work, settling at about 1. */
export const defaultResources: Resources = {
  cpuMillis: 250,
  memoryBytes: 2 * gibibyte,
  storageBytes: 10 * gibibyte,
};
/** Below this the process dies in V8 at start, or soon after the first chats. */
export const minimumResources: Resources = {
  cpuMillis: 100,
  memoryBytes: 1.25 * gibibyte,
  storageBytes: gibibyte,
};

/** Half for the V8 heap: the helpers, buffers and child processes of the gateway need as much again. */
const heapMebibytes = (memoryBytes: number): number => Math.max(320, Math.floor(memoryBytes / mebibyte / 2));

export const platformEnvironment = (memoryBytes: number): Record<string, string> => ({
  HOME: home,
  OPENCLAW_STATE_DIR: stateMount,
  OPENCLAW_CONFIG_PATH: `${configurationMount}/${configurationFile}`,
  OPENCLAW_CONFIG_READONLY: '1', // the platform owns the file: no migration at start, no write by the agent
  [assetsVariable]: assetsMount,
  CHOKIDAR_USEPOLLING: '1', // a ConfigMap changes by a symlink swap, which the watcher does not see otherwise
  // a failed start ends at once; by itself OpenClaw would let an agent repair the installation, for minutes, on the
  // tenant's model bill, before it exits
  OPENCLAW_SUPERVISOR_MODE: 'external',
  OPENCLAW_NO_AUTO_UPDATE: '1',
  OPENCLAW_DISABLE_BONJOUR: '1',
  DO_NOT_TRACK: '1',
  XDG_CACHE_HOME: `${stateMount}/cache`, // the root file system is read-only
  NODE_OPTIONS: `--max-old-space-size=${heapMebibytes(memoryBytes)}`,
});

/** Its own flags say where to listen, over what the file says: that is the same for every runtime. */
const packagedProgram = ({ package: name }: VersionToRun): PackagedProgram | null =>
  name === null
    ? null
    : {
        package: name,
        command: ['openclaw', 'gateway', '--port', '{port}', '--bind', 'loopback'],
        environment: {},
      };

export function workload(input: WorkloadInput): Omit<WorkloadSpec, 'secretEnvironment'> {
  const rendered = render(input.configuration);
  const file: unknown = JSON.parse(rendered.files[configurationFile] ?? '{}');
  return {
    agentKind: 'openclaw',
    agentVersion: input.agentVersion.version,
    revision: input.revision,
    image: input.agentVersion.image,
    package: packagedProgram(input.agentVersion),
    port: gatewayPort,
    user,
    environment: { ...rendered.environment, ...platformEnvironment(input.resources.memoryBytes) },
    configuration: { mountPath: configurationMount, files: rendered.files, hash: rendered.hash },
    assets,
    state: { mountPath: stateMount },
    scratch: [{ mountPath: scratchMount, sizeBytes: gibibyte }],
    resources: input.resources,
    probes: {
      startup: { path: '/startupz', periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 300 },
      readiness: { path: '/startupz', periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
      // an in-place restart is silent for 5 s, so one missed answer or two mean nothing
      liveness: { path: '/healthz', periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 4 },
    },
    terminationGraceSeconds: 330, // a busy gateway drains for up to 315 s, then needs about 10 s
    egress: egressOf(file),
  };
}
