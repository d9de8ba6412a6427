import { z } from 'zod';
import type { Runtime, RuntimeCapabilities } from '../runtime.ts';
import { compare } from './compare.ts';
import { ensureInstance, putConfiguration } from './ensure.ts';
import { problemOf } from './faults.ts';
import { identityOf, type Attempt } from './fenced.ts';
import type { Host } from './host.ts';
import { insideOf } from './inside.ts';
import { openKeeper } from './keeper.ts';
import { localHost } from './local-host.ts';
import { Observed } from './observed.ts';
import { kill, power, removeInstance, removeVolume, restart } from './power.ts';
import { reach } from './reach.ts';
import { listOneShots, removeOneShot, runOnce } from './run-once.ts';
import { sshHost, type SshAddress } from './ssh-host.ts';
import { readState, writeState } from './state.ts';
import { ensureTenantSpace, removeTenantSpace } from './tenant-space.ts';
import { watchInstances } from './watch.ts';

export interface MachineOptions {
  clusterId: string;
  /** Absolute; all that the platform has on the machine is below it. One cluster each. */
  directory: string;
  host: { kind: 'local' } | ({ kind: 'ssh' } & SshAddress);
  /** Left out: `python3` of the path. 3.8 or newer, with pip. */
  python?: string;
  /** Where supervisord is installed, for all directories that name it. Left out: below the directory. */
  cache?: string;
  /** More than one tenant, though nothing keeps their agents apart: whoever registers the machine vouches for that. */
  shared?: boolean;
}

/** Its connection is kept: whoever is done with a machine closes it. Its agents go on. */
export type MachineRuntime = Runtime & { close(): Promise<void> };

export function machineRuntime(options: MachineOptions): MachineRuntime {
  const { directory, host: at, python = 'python3', cache, shared = false } = options;
  const host: Host = at.kind === 'local' ? localHost() : sshHost(at);
  const keeper = openKeeper(host, { directory, python, cache });
  let enforced = false;
  const faultsNamed = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
    try {
      signal.throwIfAborted();
      ({ enforced } = await keeper.facts(signal));
      return await call();
    } catch (error) {
      throw problemOf(error, signal);
    }
  };
  const fenced = (fence: Attempt['fence'], signal: AbortSignal, call: (attempt: Attempt) => Promise<void>) =>
    faultsNamed(signal, () => call({ keeper, fence, signal }));

  return {
    get capabilities() {
      return capabilitiesOf(enforced);
    },
    inside: insideOf(keeper),
    ping: (signal) => faultsNamed(signal, async () => ({ version: (await keeper.facts(signal)).version })),
    ensureTenantSpace: (space, fence, signal) =>
      fenced(fence, signal, (attempt) => ensureTenantSpace(space, shared, attempt)),
    listTenantSpaces: (signal) => faultsNamed(signal, () => keeper.call('spaces', {}, z.array(z.string()), signal)),
    removeTenantSpace: (tenantId, fence, signal) =>
      fenced(fence, signal, (attempt) => removeTenantSpace(tenantId, attempt)),
    ensureInstance: (ref, spec, fence, signal) =>
      fenced(fence, signal, (attempt) => ensureInstance(ref, spec, attempt)),
    putConfiguration: (ref, spec, fence, signal) =>
      fenced(fence, signal, (attempt) => putConfiguration(ref, spec, attempt)),
    power: (ref, wanted, fence, signal) => fenced(fence, signal, (attempt) => power(ref, wanted, attempt)),
    restart: (ref, token, fence, signal) => fenced(fence, signal, (attempt) => restart(ref, token, attempt)),
    kill: (ref, fence, signal) => fenced(fence, signal, (attempt) => kill(ref, attempt)),
    removeInstance: (ref, fence, signal) => fenced(fence, signal, (attempt) => removeInstance(ref, attempt)),
    removeVolume: (ref, fence, signal) => fenced(fence, signal, (attempt) => removeVolume(ref, attempt)),
    observe: (ref, signal) => faultsNamed(signal, () => keeper.call('observe', identityOf(ref), Observed, signal)),
    compare: (ref, wanted, signal) => faultsNamed(signal, () => compare(keeper, ref, wanted, signal)),
    tailLogs: (ref, lines, signal) =>
      faultsNamed(signal, () => keeper.call('tail', { ...identityOf(ref), lines }, z.array(z.string()), signal)),
    reach: (ref, port, request, signal) =>
      faultsNamed(signal, () => reach({ keeper, host }, ref, port, request, signal)),
    runOnce: (job, errand, signal) => faultsNamed(signal, () => runOnce(job, { keeper, errand, signal })),
    listOneShots: (signal) => faultsNamed(signal, () => listOneShots(keeper, signal)),
    removeOneShot: (trace, fence, signal) => fenced(fence, signal, (attempt) => removeOneShot(trace, attempt)),
    readState: (ref, tool, signal) => faultsNamed(signal, () => readState(keeper, ref, tool, signal)),
    writeState: (ref, _tool, archive, fence, signal) =>
      fenced(fence, signal, (attempt) => writeState(ref, archive, attempt)),
    watch: (handlers, signal) => watchInstances(keeper, handlers, signal),
    close: () => keeper.close(),
  };
}

/** Known when the machine has answered once; until then the less is promised. */
const capabilitiesOf = (enforced: boolean): RuntimeCapabilities => ({
  runtime: 'machine',
  isolatesTenants: false,
  networkPolicy: 'none',
  volumes: true,
  hotConfiguration: true,
  runsFrom: 'package',
  limits: {
    cpu: 'none',
    memory: enforced ? 'enforced' : 'advisory',
    storage: 'none',
    processes: enforced ? 'enforced' : 'none',
  },
});
