import { ClusterCredential, Cluster } from '../../server/clusters/cluster.entity.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import { openSealed } from '../../server/secrets/sealing.ts';
import type { SealingKey } from '../../server/secrets/sealing-key.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { kubernetesRuntime } from '../runtimes/kubernetes/index.ts';
import type { Runtime } from '../runtimes/runtime.ts';

export interface Runtimes {
  /**
   * The driver of a cluster, with its connections kept for the next call.
   * @throws Problem 'cluster.unavailable' while the cluster is in preparation, 'cluster.unknown'
   */
  for(clusterId: string): Promise<Runtime>;
}

interface Kept {
  runtime: Driver;
  /** Other credentials or settings make another driver. */
  version: string;
}

/** Makes the driver of a cluster; the credential is in clear, a kubeconfig where the runtime is Kubernetes. */
export type DriverOf = (cluster: Cluster, credential: string) => Driver;

/** With connections that can be closed, where it has such. */
type Driver = Runtime & { close?(): Promise<void> };

const probeMs = 1_500;
/** Steps go on with the driver that they began with; by then even the longest of them has asked for it anew. */
const closeReplacedAfterMs = 15 * 60_000;

/** As `driversOf`; a cluster known to be down costs a short question instead of a step's whole patience. */
export function runtimesOf(db: Database, key: SealingKey, driverOf?: DriverOf): Runtimes {
  const drivers = driversOf(db, key, driverOf);
  return {
    async for(clusterId) {
      const { runtime, cluster } = await drivers.find(clusterId);
      if (cluster.phase === 'Unreachable') await runtime.ping(AbortSignal.timeout(probeMs));
      return runtime;
    },
  };
}

export interface Drivers extends Runtimes {
  find(clusterId: string): Promise<{ runtime: Runtime; cluster: Cluster }>;
}

/** Drivers whatever state their cluster is in. */
export function driversOf(db: Database, key: SealingKey, driverOf: DriverOf = driverOfCluster): Drivers {
  const kept = new Map<string, Kept>();
  const find = async (clusterId: string): Promise<{ runtime: Runtime; cluster: Cluster }> => {
    const { cluster, credential } = await read(db, clusterId);
    const version = JSON.stringify([credential.updatedAt, cluster.settings]);
    const known = kept.get(clusterId);
    if (known?.version === version) return { runtime: known.runtime, cluster };
    const runtime = driverOf(cluster, openSealed(key, { kind: 'cluster', clusterId }, credential.sealed));
    kept.set(clusterId, { runtime, version });
    if (known) setTimeout(() => void known.runtime.close?.(), closeReplacedAfterMs).unref();
    return { runtime, cluster };
  };
  return { find, for: async (clusterId) => (await find(clusterId)).runtime };
}

async function read(db: Database, id: string): Promise<{ cluster: Cluster; credential: ClusterCredential }> {
  return db.transaction(platformScope(), async ({ em }) => {
    const cluster = await em.findOne(Cluster, { id });
    if (!cluster) throw new Problem('cluster.unknown', id);
    const credential = await em.findOne(ClusterCredential, { clusterId: id });
    if (!credential) throw new Problem('cluster.unavailable', cluster.preparation?.message ?? 'in preparation');
    return { cluster, credential };
  });
}

function driverOfCluster(cluster: Cluster, kubeconfig: string): Runtime {
  if (cluster.runtime !== 'kubernetes') throw new Problem('runtime.unsupported', cluster.runtime);
  const { storageClass: storageClassName, ...settings } = cluster.settings;
  return kubernetesRuntime({ kubeconfig, storageClassName, ...settings });
}
