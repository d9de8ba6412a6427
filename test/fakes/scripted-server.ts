import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { AgentRequest, OneShot, TenantSpace } from '../../activities/runtimes/runtime.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { answerAsAgent } from './scripted-agent.ts';
import { answerUsage } from './scripted-usage.ts';
import { ScriptedCluster, StaleVersion, type Change } from './scripted-cluster.ts';

export type Call =
  | { verb: 'ping' }
  | { verb: 'ensureSpace'; space: TenantSpace; operationId: string }
  | { verb: 'readSpace' | 'removeSpace'; tenantId: string }
  | { verb: 'listSpaces' | 'listOneShots' }
  | { verb: 'read' | 'observe' | 'logs'; place: Place }
  | { verb: 'write'; place: Place; version: number; operationId: string; generation: number; change: Change }
  | { verb: 'reach'; place: Place; request: AgentRequest }
  | { verb: 'readState'; place: Place }
  | { verb: 'writeState'; place: Place; archive: string; sha256: string }
  | { verb: 'placeOneShot'; job: OneShot; operationId: string | null }
  | { verb: 'readOneShot' | 'removeOneShot'; name: string }
  | { verb: 'runOnce'; job: OneShot };

export interface Place {
  tenantId: string;
  instanceId: string;
}

/** A call that is held until it is let go. */
export interface Held {
  /** Fulfilled when such a call has come. */
  reached: Promise<void>;
  letGo(): void;
}

export interface ScriptedServer {
  url: string;
  cluster: ScriptedCluster;
  /**
   * Holds the next call that fits. `before`: as if it were still on the way; `after`: it has happened, the answer is
   * on its way back.
   */
  hold(fits: (call: Call) => boolean, when: 'before' | 'after'): Held;
  stop(): Promise<void>;
}

interface Hold {
  fits: (call: Call) => boolean;
  when: 'before' | 'after';
  reached: () => void;
  free: Promise<void>;
}

/** The scripted cluster behind a port, so that it outlives any process that works on it. */
export async function startScriptedCluster(cluster = new ScriptedCluster()): Promise<ScriptedServer> {
  const holds: Hold[] = [];

  const answer = async (call: Call): Promise<unknown> => {
    const at = holds.findIndex(({ fits }) => fits(call));
    const [held] = at === -1 ? [] : holds.splice(at, 1);
    if (held?.when === 'before') {
      held.reached();
      await held.free;
    }
    if (cluster.down) throw new Problem('cluster.unavailable', 'the script has taken the cluster down');
    const result = carryOut(cluster, call);
    if (held?.when === 'after') {
      held.reached();
      await held.free;
    }
    return result;
  };

  const server = createServer((request, response) => {
    if (request.url === '/watch') return watch(cluster, response);
    void json(request)
      .then((call) => answer(call as Call))
      .then(
        (result) => response.end(JSON.stringify({ result: result ?? null })),
        (error: unknown) => response.end(JSON.stringify({ error: describe(error) })),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cluster,
    hold(fits, when) {
      const reached = Promise.withResolvers<void>();
      const free = Promise.withResolvers<void>();
      holds.push({ fits, when, reached: reached.resolve, free: free.promise });
      return { reached: reached.promise, letGo: free.resolve };
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function carryOut(cluster: ScriptedCluster, call: Call): unknown {
  switch (call.verb) {
    case 'ping':
      return { version: 'scripted 1' };
    case 'ensureSpace':
      return cluster.ensureSpace(call.space, call.operationId);
    case 'readSpace':
      return cluster.spaces.get(call.tenantId) ?? null;
    case 'listSpaces':
      return [...cluster.spaces.keys()];
    case 'removeSpace':
      return void cluster.spaces.delete(call.tenantId);
    case 'read':
      return cluster.read(call.place.instanceId);
    case 'observe':
      return cluster.observe(call.place);
    case 'logs':
      return cluster.instances.get(call.place.instanceId)?.process?.lines ?? [];
    case 'write':
      return cluster.write(
        call.place,
        call.version,
        { operationId: call.operationId, generation: call.generation },
        call.change,
      );
    case 'readState':
      return cluster.readState(call.place.instanceId);
    case 'writeState':
      return cluster.writeState(call.place.instanceId, call.archive, call.sha256);
    case 'placeOneShot':
      return cluster.placeOneShot(call.job, call.operationId);
    case 'readOneShot':
      return cluster.oneShots.get(call.name) ?? null;
    case 'listOneShots':
      return [...cluster.oneShots.values()];
    case 'removeOneShot':
      return void cluster.oneShots.delete(call.name);
    case 'runOnce':
      return cluster.runOnce(call.job);
    case 'reach': {
      const stored = cluster.instances.get(call.place.instanceId);
      const { instanceId } = call.place;
      if (!stored || !cluster.answers(instanceId)) throw new Problem('agent.unreachable', 'no agent answers');
      if (call.request.path === '/occ/metrics') return answerUsage(stored, call.request, cluster.usageOf(instanceId));
      const isBusy = cluster.busy.has(instanceId);
      const { leaseMs } = cluster;
      return answerAsAgent(stored, call.request, { isBusy, leaseMs, fails: cluster.broken.has(instanceId) });
    }
  }
}

function describe(error: unknown): { code: string; detail?: string } {
  if (error instanceof StaleVersion) return { code: 'stale' };
  if (error instanceof Problem) return { code: error.code, detail: error.detail };
  return { code: 'server.error', detail: String(error) };
}

/** A line for the snapshot, then one for each change. While the cluster is down nothing comes, and new watches fail. */
function watch(cluster: ScriptedCluster, response: ServerResponse): void {
  if (cluster.down) return void response.writeHead(503).end();
  const places = new Map([...cluster.instances].map(([id, { tenantId }]) => [id, tenantId]));
  const line = (content: object): void => void response.write(`${JSON.stringify(content)}\n`);
  const onChange = (instanceId: string): void => {
    const tenantId = cluster.instances.get(instanceId)?.tenantId ?? places.get(instanceId);
    if (!tenantId) return;
    places.set(instanceId, tenantId);
    if (cluster.down) response.destroy();
    else line({ change: cluster.observe({ tenantId, instanceId }) });
  };
  line({ snapshot: [...places].map(([instanceId, tenantId]) => cluster.observe({ tenantId, instanceId })) });
  cluster.changes.on('changed', onChange);
  response.on('close', () => cluster.changes.off('changed', onChange));
}
