import { afterAll, beforeAll } from 'vitest';
import { machineRuntime, type MachineRuntime } from '../../../activities/runtimes/machine/index.ts';
import { noProcesses, openMachineSite, optionsOf } from './machine-site.ts';
import type { Site } from './harness.ts';
import { openSeverable } from './severable-server.ts';
import { noSshd, startSshd, type TestSshd } from './sshd.ts';
import { describeRuntime } from './suite.ts';

const skip = noProcesses ?? noSshd;
let sshd: TestSshd | undefined;

beforeAll(async () => {
  if (!skip) sshd = await startSshd();
});
afterAll(() => sshd?.stop());

async function start(): Promise<Site> {
  if (!sshd) throw new Error('sshd has not been started');
  const { port, user, hostKey, privateKey } = sshd;
  const closings: (() => Promise<void>)[] = [];
  let opened = '';
  const open = (directory: string, at = port): MachineRuntime => {
    opened = directory;
    const host = { kind: 'ssh' as const, address: '127.0.0.1', port: at, user, hostKey, privateKey };
    return machineRuntime({ ...optionsOf(directory), host });
  };
  const site = openMachineSite((directory) => open(directory));
  return {
    ...site,
    severable: async () => {
      const way = await openSeverable('127.0.0.1', port);
      const runtime = open(opened, way.port);
      closings.push(() => runtime.close(), way.close);
      return { runtime, cut: async () => way.cut() };
    },
    stop: async () => {
      for (const close of closings) await close();
      await site.stop();
    },
  };
}

describeRuntime('machine over SSH', { skip, start });
