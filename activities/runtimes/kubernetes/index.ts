import { z } from 'zod';

import type { Runtime } from '../runtime.ts';
import { removeClaim } from './claim.ts';
import type { Cluster } from './cluster.ts';
import { compare } from './compare.ts';
import { connectCluster } from './connect.ts';
import { ensureInstance, putConfiguration, type Placement } from './ensure.ts';
import { confirmed } from './denial.ts';
import { problemOf } from './faults.ts';
import type { Attempt } from './fenced.ts';
import { insideOf } from './inside.ts';
import { parseKubeconfig } from './kubeconfig.ts';
import { tailLogs } from './logs.ts';
import { observe } from './observe.ts';
import { kill, power, restart } from './power.ts';
import { reach } from './reach.ts';
import { removeInstance } from './remove.ts';
import { runOnce } from './run-once.ts';
import { readState, writeState } from './state.ts';
import { listOneShots, removeOneShot } from './one-shot-traces.ts';
import { ensureTenantSpace, listTenantSpaces, removeTenantSpace } from './tenant-space.ts';
import { watchInstances } from './watch.ts';
import type { DnsPolicy } from './workload.ts';

export interface KubernetesOptions {
  /** The document itself; see `parseKubeconfig` for what is refused. */
  kubeconfig: string;
  /** The platform runs inside this cluster, so agents are reached by their Service, otherwise through a tunnel. */
  inCluster?: boolean;
  /**
   * A proxy before the agents, with `{instanceId}` in its address: in place of Service and tunnel. It is sent the
   * agents' tokens, so that only whoever registers clusters may name it.
   */
  agentAddress?: string;
  /** `Default` where the cluster has no DNS of its own. */
  dnsPolicy?: DnsPolicy;
  /** Left out: the cluster's default class. */
  storageClassName?: string;
  /**
   * Of pods, services and nodes, as CIDR: what no agent is given access to, whatever its configuration names. Without
   * them no agent is given access to any private address.
   */
  clusterRanges?: readonly string[];
  /** For each single request; a watch has its own clock. */
  requestTimeoutMs?: number;
}

/** Connections are kept: whoever is done with a cluster closes it. */
export type KubernetesRuntime = Runtime & { close(): Promise<void> };

const versionSchema = z.object({ gitVersion: z.string() });

/** @throws Problem 'cluster.kubeconfig-refused' */
export function kubernetesRuntime(options: KubernetesOptions): KubernetesRuntime {
  const cluster = connectCluster(parseKubeconfig(options.kubeconfig), options.requestTimeoutMs ?? 15_000);
  const { inCluster = false, agentAddress, dnsPolicy = 'ClusterFirst', storageClassName, clusterRanges = [] } = options;
  const placement: Placement = { dnsPolicy, storageClassName, clusterRanges };
  const faultsNamed = async <T>(signal: AbortSignal, call: (cluster: Cluster) => Promise<T>): Promise<T> => {
    try {
      signal.throwIfAborted();
      return await call(cluster);
    } catch (error) {
      throw await confirmed(cluster, problemOf(error, signal), signal);
    }
  };
  const fenced = (fence: Attempt['fence'], signal: AbortSignal, call: (attempt: Attempt) => Promise<void>) =>
    faultsNamed(signal, () => call({ cluster: cluster.heldBy(fence), fence, signal }));

  return {
    capabilities: {
      runtime: 'kubernetes',
      isolatesTenants: true,
      networkPolicy: 'written',
      volumes: true,
      hotConfiguration: true,
      runsFrom: 'image',
      limits: { cpu: 'none', memory: 'enforced', storage: 'enforced', processes: 'none' },
    },
    inside: insideOf({ cluster, dnsPolicy, faultsNamed, fenced }),
    ping: (signal) =>
      faultsNamed(signal, async () => {
        const { gitVersion } = versionSchema.parse(JSON.parse(await cluster.text('/version', {}, signal)));
        return { version: gitVersion };
      }),
    ensureTenantSpace: (space, fence, signal) =>
      fenced(fence, signal, (attempt) => ensureTenantSpace(space, clusterRanges, attempt)),
    listTenantSpaces: (signal) => faultsNamed(signal, () => listTenantSpaces(cluster, signal)),
    removeTenantSpace: (tenantId, fence, signal) =>
      fenced(fence, signal, (attempt) => removeTenantSpace(tenantId, attempt)),
    ensureInstance: (ref, spec, fence, signal) =>
      fenced(fence, signal, (attempt) => ensureInstance(ref, spec, attempt, placement)),
    putConfiguration: (ref, spec, fence, signal) =>
      fenced(fence, signal, (attempt) => putConfiguration(ref, spec, attempt, placement)),
    power: (ref, wanted, fence, signal) => fenced(fence, signal, (attempt) => power(ref, wanted, attempt)),
    restart: (ref, token, fence, signal) => fenced(fence, signal, (attempt) => restart(ref, token, attempt)),
    kill: (ref, fence, signal) => fenced(fence, signal, (attempt) => kill(ref, attempt)),
    removeInstance: (ref, fence, signal) => fenced(fence, signal, (attempt) => removeInstance(ref, attempt)),
    removeVolume: (ref, fence, signal) => fenced(fence, signal, (attempt) => removeClaim(ref, attempt)),
    observe: (ref, signal) => faultsNamed(signal, () => observe(cluster, ref, signal)),
    compare: (ref, wanted, signal) => faultsNamed(signal, () => compare(cluster, ref, wanted, placement, signal)),
    tailLogs: (ref, lines, signal) => faultsNamed(signal, () => tailLogs(cluster, ref, lines, signal)),
    reach: (ref, port, request, signal) =>
      faultsNamed(signal, () => reach(cluster, ref, port, request, { inCluster, agentAddress }, signal)),
    readState: (ref, tool, signal) => faultsNamed(signal, () => readState(cluster, ref, tool, dnsPolicy, signal)),
    writeState: (ref, tool, archive, fence, signal) =>
      fenced(fence, signal, (attempt) => writeState(ref, tool, archive, attempt, dnsPolicy)),
    runOnce: (job, errand, signal) =>
      faultsNamed(signal, () => runOnce(job, { cluster: cluster.heldBy(errand), errand, dnsPolicy, signal })),
    listOneShots: (signal) => faultsNamed(signal, () => listOneShots(cluster, signal)),
    removeOneShot: (trace, fence, signal) => fenced(fence, signal, (attempt) => removeOneShot(trace, attempt)),
    watch: (handlers, signal) =>
      watchInstances(
        cluster,
        {
          onSnapshot: (instances) => handlers.onSnapshot(instances),
          onChange: (instance) => handlers.onChange(instance),
          onLost: (error) => handlers.onLost(problemOf(error, signal)),
        },
        signal,
      ),
    close: () => cluster.close(),
  };
}
