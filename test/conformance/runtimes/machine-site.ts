import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../../../deploy/local/directories.ts';
import type { MachineOptions, MachineRuntime } from '../../../activities/runtimes/machine/index.ts';
import { agentProgram } from './agent.ts';
import type { Site } from './harness.ts';

/** Small, from npm, and with a program of its own; the agent itself is the suite's. */
const smallPackage = 'semver@7.7.2';

const marks = /\0OCC_INSTANCE=([^\0]*)\0/;

/** The command lines of the processes below a directory, by the instance they belong to; read from the system itself. */
function processesIn(directory: string): { pid: number; instanceId: string; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = `\0${readFileSync(`/proc/${name}/environ`, 'utf8')}`;
        const instanceId = marks.exec(environment)?.[1];
        if (instanceId === undefined || !environment.includes(`${directory}/`)) return [];
        return [{ pid: Number(name), instanceId, command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
      } catch {
        return []; // It has ended meanwhile, or is somebody else's.
      }
    });
}

/** What a machine cannot be looked at with: the tests read processes from there. */
export const noProcesses = existsSync('/proc/self/environ') ? null : 'there is no /proc here';

/** @param hostOf: how the directory is reached, and what else a driver needs for that */
export function openMachineSite(open: (directory: string) => MachineRuntime): Omit<Site, 'severable'> {
  const directory = mkdtempSync(join(tmpdir(), 'occ-machine-'));
  const runtimes: MachineRuntime[] = [];
  const another = (): MachineRuntime => {
    const runtime = open(directory);
    runtimes.push(runtime);
    return runtime;
  };
  const runtime = another();
  const tenantId = randomUUID();
  return {
    runtime,
    tenantId,
    runs: {
      image: null,
      package: {
        package: smallPackage,
        command: ['node', '-e', agentProgram],
        environment: { AGENT_PORT: '{port}', AGENT_HOST: '127.0.0.1' },
      },
    },
    successor: async () => another(),
    agentsOf: async ({ instanceId }) =>
      processesIn(directory).filter((one) => one.instanceId === instanceId && one.command.includes('AGENT_FIRST'))
        .length,
    remains: async () => [
      ...['instances', 'tenants', 'one-shots', 'conf.d'].flatMap((folder) =>
        existsSync(join(directory, folder))
          ? readdirSync(join(directory, folder)).map((name) => `${folder}/${name}`)
          : [],
      ),
      ...processesIn(directory).map(({ command }) => command),
    ],
    stop: async () => {
      const fence = { operationId: 'end', generation: 1_000_000, assertValid: () => undefined };
      await runtime.removeTenantSpace(tenantId, fence, AbortSignal.timeout(60_000));
      for (const one of runtimes) await one.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

export const optionsOf = (directory: string): Omit<MachineOptions, 'host'> => ({
  clusterId: randomUUID(),
  directory,
  cache: join(cacheDirectory(), 'supervisor'),
});
