import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { DriverOf } from '../../activities/clusters/drivers.ts';
import type {
  Difference,
  Fence,
  InstanceRef,
  ObservedInstance,
  OneShotTrace,
  Runtime,
  TenantSpace,
  WatchHandlers,
  WorkloadSpec,
} from '../../activities/runtimes/runtime.ts';
import { requireImage } from '../../activities/runtimes/run-from.ts';
import type { Power } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { isProblemCode } from '../../workflows/contracts/problems.ts';
import type { Change, Stored } from './scripted-cluster.ts';
import type { Call, Place } from './scripted-server.ts';

/** In tests a cluster's sealed credential is the address of a scripted one. */
export const scriptedDriver: DriverOf = (_cluster, url) => scriptedRuntime(url ?? '');

/** The contract over a scripted cluster, written as for a real one: read, compare generations, write if nobody else did. */
function scriptedRuntime(url: string): Runtime {
  const call = async <T>(content: Call, signal: AbortSignal): Promise<T> => {
    const { result, error } = await post(url, content, signal);
    if (!error) return result as T;
    if (isProblemCode(error.code)) throw new Problem(error.code, error.detail);
    throw new StaleError();
  };
  const fenced = async (
    ref: InstanceRef,
    fence: Fence,
    signal: AbortSignal,
    changeOf: (stored: Stored | null) => Change | null,
  ): Promise<void> => {
    const place = placeOf(ref);
    for (;;) {
      const stored = await call<Stored | null>({ verb: 'read', place }, signal);
      refuseSuperseded(stored, fence);
      const change = changeOf(stored);
      if (!change) return;
      fence.assertValid();
      const { operationId, generation } = fence;
      try {
        const version = stored?.version ?? 0;
        return await call({ verb: 'write', place, version, operationId, generation, change }, signal);
      } catch (error) {
        if (!(error instanceof StaleError)) throw error;
      }
    }
  };
  const needsWorkload = (stored: Stored | null, change: Change): Change => {
    if (!stored?.workload) throw new Problem('instance.state-conflict', 'there is no workload');
    return change;
  };

  return {
    capabilities: {
      runtime: 'scripted',
      isolatesTenants: true,
      networkPolicy: 'none',
      volumes: true,
      hotConfiguration: true,
      runsFrom: 'image',
      limits: { cpu: 'none', memory: 'none', storage: 'none', processes: 'none' },
    },
    inside: null,
    ping: (signal) => call({ verb: 'ping' }, signal),
    ensureTenantSpace: async (space, fence, signal) => {
      const stored = await call<TenantSpace | null>({ verb: 'readSpace', tenantId: space.tenantId }, signal);
      if (stored && (stored.generation > space.generation || isDeepStrictEqual(stored, space))) return;
      fence.assertValid();
      await call({ verb: 'ensureSpace', space, operationId: fence.operationId }, signal);
    },
    listTenantSpaces: (signal) => call({ verb: 'listSpaces' }, signal),
    removeTenantSpace: async (tenantId, fence, signal) => {
      fence.assertValid();
      await call({ verb: 'removeSpace', tenantId }, signal);
    },
    ensureInstance: (ref, spec, fence, signal) => fenced(ref, fence, signal, () => ({ kind: 'ensure', spec })),
    putConfiguration: (ref, spec, fence, signal) =>
      fenced(ref, fence, signal, (stored) => needsWorkload(stored, { kind: 'configure', spec })),
    power: (ref, power, fence, signal) =>
      fenced(ref, fence, signal, (stored) => {
        if (stored?.workload || power === 'on') return needsWorkload(stored, { kind: 'power', power });
        return stored ? { kind: 'stamp' } : null;
      }),
    restart: (ref, token, fence, signal) =>
      fenced(ref, fence, signal, (stored) => needsWorkload(stored, { kind: 'restart', token })),
    kill: (ref, fence, signal) => fenced(ref, fence, signal, (stored) => (stored ? { kind: 'kill' } : null)),
    removeInstance: (ref, fence, signal) =>
      fenced(ref, fence, signal, (stored) => (stored ? { kind: 'remove' } : null)),
    removeVolume: (ref, fence, signal) =>
      fenced(ref, fence, signal, (stored) => (stored?.claim ? { kind: 'removeVolume' } : null)),
    observe: (ref, signal) => call({ verb: 'observe', place: placeOf(ref) }, signal),
    async compare(ref, { spec, power }, signal) {
      const stored = await call<Stored | null>({ verb: 'read', place: placeOf(ref) }, signal);
      const { process } = stored ?? {};
      const imageId = process && !process.terminating ? process.imageId : null;
      return { differences: differences(stored, spec, power), imageId };
    },
    tailLogs: (ref, _lines, signal) => call({ verb: 'logs', place: placeOf(ref) }, signal),
    reach: (ref, _port, request, signal) => call({ verb: 'reach', place: placeOf(ref), request }, signal),
    runOnce: async (job, { operationId, assertValid }, signal) => {
      if (!(await call<OneShotTrace | null>({ verb: 'readOneShot', name: job.name }, signal))) {
        assertValid();
        await call({ verb: 'placeOneShot', job, operationId }, signal);
      }
      try {
        return await call({ verb: 'runOnce', job }, signal);
      } finally {
        if (holds(assertValid)) await call({ verb: 'removeOneShot', name: job.name }, AbortSignal.timeout(10_000));
      }
    },
    listOneShots: (signal) => call({ verb: 'listOneShots' }, signal),
    removeOneShot: async ({ name }, fence, signal) => {
      fence.assertValid();
      await call({ verb: 'removeOneShot', name }, signal);
    },
    readState: async (ref, _tool, signal) => {
      const archive = await call<string>({ verb: 'readState', place: placeOf(ref) }, signal);
      return Readable.from([Buffer.from(archive, 'base64')]);
    },
    writeState: async (ref, _tool, { content, sha256 }, fence, signal) => {
      const archive = (await buffer(content)).toString('base64');
      await fenced(ref, fence, signal, (stored) => (stored ? { kind: 'stamp' } : null));
      fence.assertValid();
      await call({ verb: 'writeState', place: placeOf(ref), archive, sha256 }, signal);
    },
    async watch(handlers, signal) {
      while (!signal.aborted) {
        await watchOnce(url, handlers, signal).catch((error: unknown) => {
          if (!signal.aborted) handlers.onLost(error);
        });
        await sleep(200, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

function differences(stored: Stored | null, spec: Omit<WorkloadSpec, 'secretEnvironment'>, power: Power): Difference[] {
  if (!stored?.workload) return [{ what: 'objects', wanted: 'workload', found: 'missing' }];
  const { spec: found, power: foundPower } = stored.workload;
  const compared: Difference[] = [
    { what: 'configuration', wanted: spec.configuration.hash, found: JSON.stringify(found.configuration.files) },
    { what: 'image', wanted: requireImage(spec.image), found: requireImage(found.image) },
    { what: 'resources', wanted: JSON.stringify(spec.resources), found: JSON.stringify(found.resources) },
    { what: 'power', wanted: power, found: foundPower },
  ];
  const files = JSON.stringify(spec.configuration.files);
  return compared.filter(({ what, wanted, found: is }) => is !== (what === 'configuration' ? files : wanted));
}

function holds(assertValid: () => void): boolean {
  try {
    assertValid();
    return true;
  } catch {
    return false; // left to the observer, as by a real driver
  }
}

class StaleError extends Error {}

const placeOf = ({ tenantId, instanceId }: InstanceRef): Place => ({ tenantId, instanceId });

function refuseSuperseded(stored: Stored | null, fence: Fence): void {
  const generation = Math.max(stored?.workload?.generation ?? 0, stored?.claim?.generation ?? 0);
  if (generation > fence.generation) throw new Problem('operation.superseded', `generation ${generation} is there`);
}

interface Answer {
  result?: unknown;
  error?: { code: string; detail?: string };
}

async function post(url: string, content: Call, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(content), signal });
    return (await response.json()) as Answer;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Problem('cluster.unavailable', String(error), { cause: error });
  }
}

async function watchOnce(url: string, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/watch`, { signal });
  if (!response.ok || !response.body) throw new Problem('cluster.unavailable', `the watch answers ${response.status}`);
  const lines = createInterface({ input: Readable.fromWeb(response.body as never) });
  for await (const line of lines) {
    const news = JSON.parse(line) as { snapshot?: ObservedInstance[]; change?: ObservedInstance };
    if (news.snapshot) handlers.onSnapshot(news.snapshot);
    if (news.change) handlers.onChange(news.change);
  }
  throw new Problem('cluster.unavailable', 'the watch ended');
}
