import type { Runtime, Fence } from '../runtime.ts';
import { compare } from './compare.ts';
import { connectEngine, type Attempt, type Engine, type EngineKind } from './engine.ts';
import { ensureInstance, putConfiguration } from './ensure.ts';
import { problemOf } from './faults.ts';
import { insideOf } from './inside.ts';
import { aboutEngine, usualLimits } from './limits.ts';
import { tailLogs } from './logs.ts';
import { observe } from './observe.ts';
import { listOneShots, removeOneShot } from './one-shot-traces.ts';
import { kill, power, removeInstance, removeInstanceVolume, restart } from './power.ts';
import { Readiness } from './probe.ts';
import { reach } from './reach.ts';
import { runOnce } from './run-once.ts';
import { readState, writeState } from './state.ts';
import { ensureTenantSpace, listTenantSpaces, removeTenantSpace } from './tenant-space.ts';
import { watchInstances } from './watch.ts';

export interface DockerOptions {
  clusterId: string;
  engine: EngineKind;
  /** Of the engine, on the machine that the platform runs on: agents are reached at its loopback address. */
  socketPath: string;
}

export type DockerRuntime = Runtime & { close(): Promise<void> };

/** Docker, and Podman by the same API. */
export function dockerRuntime({ clusterId, engine: kind, socketPath }: DockerOptions): DockerRuntime {
  const engine = connectEngine({ kind, clusterId, socketPath });
  const readiness = new Readiness();
  let limits = usualLimits;
  const named = async <T>(signal: AbortSignal, call: (engine: Engine) => Promise<T>): Promise<T> => {
    try {
      signal.throwIfAborted();
      return await call(engine);
    } catch (error) {
      throw problemOf(error, signal);
    }
  };
  const fenced = (fence: Fence, signal: AbortSignal, call: (attempt: Attempt) => Promise<void>) =>
    named(signal, () => call({ engine: engine.heldBy(fence), fence, signal }));

  return {
    get capabilities() {
      return {
        runtime: kind,
        isolatesTenants: true,
        networkPolicy: 'none' as const,
        volumes: true,
        hotConfiguration: true,
        runsFrom: 'image' as const,
        limits,
      };
    },
    inside: insideOf(engine, { named, fenced }),
    ping: (signal) =>
      named(signal, async () => {
        const about = await aboutEngine(engine, signal);
        limits = about.limits;
        return { version: about.version };
      }),
    ensureTenantSpace: (space, fence, signal) => fenced(fence, signal, (attempt) => ensureTenantSpace(space, attempt)),
    listTenantSpaces: (signal) => named(signal, () => listTenantSpaces(engine, signal)),
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
    removeVolume: (ref, fence, signal) => fenced(fence, signal, (attempt) => removeInstanceVolume(ref, attempt)),
    observe: (ref, signal) => named(signal, () => observe(engine, readiness, ref, signal)),
    compare: (ref, wanted, signal) => named(signal, () => compare(engine, ref, wanted, signal)),
    tailLogs: (ref, lines, signal) => named(signal, () => tailLogs(engine, ref, lines, signal)),
    reach: (ref, port, request, signal) => named(signal, () => reach(engine, ref, port, request, signal)),
    readState: (ref, tool, signal) => named(signal, () => readState(engine, ref, tool, signal)),
    writeState: (ref, tool, archive, fence, signal) =>
      fenced(fence, signal, (attempt) => writeState(ref, tool, archive, attempt)),
    runOnce: (job, errand, signal) =>
      named(signal, () => runOnce(job, { engine: engine.heldBy(errand), errand, signal })),
    listOneShots: (signal) => named(signal, () => listOneShots(engine, signal)),
    removeOneShot: (trace, fence, signal) => fenced(fence, signal, (attempt) => removeOneShot(trace, attempt)),
    watch: (handlers, signal) =>
      watchInstances(
        engine,
        readiness,
        {
          onSnapshot: (instances) => handlers.onSnapshot(instances),
          onChange: (instance) => handlers.onChange(instance),
          onLost: (error) => handlers.onLost(problemOf(error, signal)),
        },
        signal,
      ),
    // Each request has a connection of its own, which ends with it.
    close: () => Promise.resolve(),
  };
}
