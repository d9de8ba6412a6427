import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkloadSpec } from '../../runtime.ts';

/** Notes in its state when it begins and when it is asked to end, and answers at its port. */
const program = `
const fs = require('node:fs');
const note = (what) => fs.appendFileSync('notes', what + ' ' + process.pid + '\\n');
note('begins');
process.on('SIGTERM', () => { note('ends'); process.exit(0) });
if (process.env.LEAVES_CHILD) {
  const options = { detached: true, stdio: 'ignore' };
  require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], options);
}
require('node:http').createServer((_, response) => response.end('here')).listen(Number(process.env.PORT), '127.0.0.1');`;

export function buildMachineSpec(change: Partial<WorkloadSpec> = {}): WorkloadSpec {
  const probe = { path: '/', periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3 };
  return {
    agentKind: 'test',
    agentVersion: '1',
    revision: 1,
    image: null,
    package: { package: 'semver@7.7.2', command: ['node', '-e', program], environment: { PORT: '{port}' } },
    port: 8080,
    user: { uid: 1000, gid: 1000 },
    environment: {},
    secretEnvironment: {},
    configuration: { mountPath: '/etc/agent', files: { 'agent.json': '{}' }, hash: 'hash' },
    assets: [],
    state: { mountPath: '/state' },
    scratch: [],
    resources: { cpuMillis: 50, memoryBytes: 256 * 1024 ** 2, storageBytes: 1024 ** 2 },
    probes: { startup: probe, readiness: probe, liveness: probe },
    terminationGraceSeconds: 5,
    egress: [],
    ...change,
  };
}

/** The Node processes of an instance, the oldest first; read from the system itself. */
export const pidsOf = (instanceId: string, directory: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return (
          environment.includes(`OCC_INSTANCE=${instanceId}\0`) &&
          environment.includes(directory) &&
          !/keeper/.test(command)
        );
      } catch {
        return false; // It has ended meanwhile.
      }
    })
    .map(Number)
    .toSorted((one, other) => one - other);

/** Of the supervisord that runs a directory. */
export const rootProcess = (directory: string): number =>
  Number(readFileSync(join(directory, 'run', 'supervisord.pid'), 'utf8'));
