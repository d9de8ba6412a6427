import type { PackagedProgram, Resources, WorkloadSpec } from '../../runtimes/runtime.ts';
import type { VersionToRun, WorkloadInput } from '../adapter.ts';
import { destinationsOf } from '../destinations.ts';
import { equals, isObject, valueAt } from '../json.ts';
import { secretReferencesOf } from '../variables.ts';
import { assets } from './assets.ts';
import {
  assetsMount,
  assetsVariable,
  configurationFile,
  configurationMount,
  foldersBelow,
  port,
  quiet,
  scratchMount,
  stateMount,
  user,
} from './process.ts';
import { render } from './render.ts';

const gibibyte = 1_073_741_824;

/** Measured: 310 to 520 MiB after a chat; what its shell tool starts comes on top. */
export const defaultResources: Resources = {
  cpuMillis: 250,
  memoryBytes: 1.5 * gibibyte,
  storageBytes: 10 * gibibyte,
};
export const minimumResources: Resources = { cpuMillis: 100, memoryBytes: 0.75 * gibibyte, storageBytes: gibibyte };

/** `OPENCODE_PRINT_LOGS`: its log is a file otherwise, and a failed model call would not show in its output. */
const platformEnvironment: Record<string, string> = {
  ...foldersBelow(stateMount),
  ...quiet,
  OPENCODE_PRINT_LOGS: '1',
  [assetsVariable]: assetsMount,
};

const serve = ['opencode', 'serve', '--hostname'];

const packagedProgram = ({ package: name }: VersionToRun): PackagedProgram | null =>
  name === null ? null : { package: name, command: [...serve, '127.0.0.1', '--port', '{port}'], environment: {} };

/** Sessions belong to the folder that the process began in: one on the volume, not the image's own. */
const imageCommand = [
  'sh',
  '-c',
  'mkdir -p "$0" && cd "$0" && exec "$@"',
  `${stateMount}/workspace`,
  ...serve,
  '0.0.0.0',
  '--port',
  String(port),
];

export function workload(input: WorkloadInput): Omit<WorkloadSpec, 'secretEnvironment'> {
  const rendered = render(input.configuration);
  const providers = valueAt(JSON.parse(rendered.files[configurationFile] ?? '{}'), ['provider']);
  const baseUrls = isObject(providers)
    ? Object.values(providers).map((one) => valueAt(one, ['options', 'baseURL']))
    : [];
  // the only answer without a password; `/global/health` wants it too, and a probe has none
  const alive = { path: '/site.webmanifest', timeoutSeconds: 3 };
  return {
    agentKind: 'opencode',
    agentVersion: input.agentVersion.version,
    revision: input.revision,
    image: input.agentVersion.image,
    command: imageCommand,
    package: packagedProgram(input.agentVersion),
    port,
    user,
    environment: { ...rendered.environment, ...platformEnvironment },
    configuration: { mountPath: configurationMount, files: rendered.files, hash: rendered.hash },
    assets,
    state: { mountPath: stateMount },
    scratch: [{ mountPath: scratchMount, sizeBytes: gibibyte }],
    resources: input.resources,
    probes: {
      startup: { ...alive, periodSeconds: 1, failureThreshold: 120 },
      readiness: { ...alive, periodSeconds: 5, failureThreshold: 2 },
      liveness: { ...alive, periodSeconds: 15, failureThreshold: 4 },
    },
    terminationGraceSeconds: 15, // it drains nothing: a SIGTERM ends it within a tenth of a second
    egress: destinationsOf(baseUrls),
  };
}

/** It reads its file once and keeps it, so only what changes nothing is no restart. */
export const isHotChange = (before: WorkloadInput, after: WorkloadInput): boolean =>
  equals(processOf(before), processOf(after));

function processOf(input: WorkloadInput): unknown {
  const { revision: _number, ...rest } = workload(input);
  return { ...rest, secretReferences: secretReferencesOf(input.configuration) };
}
