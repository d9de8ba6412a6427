import { ClusterCredential, Cluster } from '../../server/clusters/cluster.entity.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import { openSealed } from '../../server/secrets/sealing.ts';
import type { SealingKey } from '../../server/secrets/sealing-key.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { driverOfCluster, type Driver, type DriverOf } from './drivers.ts';

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
    const version = JSON.stringify([credential?.updatedAt, { ...cluster.settings, capacity: undefined }]);
    const known = kept.get(clusterId);
    if (known?.version === version) return { runtime: known.runtime, cluster };
    const clear = credential && openSealed(key, { kind: 'cluster', clusterId }, credential.sealed);
    const runtime = driverOf(cluster, clear);
    kept.set(clusterId, { runtime, version });
    if (known) setTimeout(() => void known.runtime.close?.(), closeReplacedAfterMs).unref();
    return { runtime, cluster };
  };
  return { find, for: async (clusterId) => (await find(clusterId)).runtime };
}

async function read(db: Database, id: string): Promise<{ cluster: Cluster; credential: ClusterCredential | null }> {
  return db.transaction(platformScope(), async ({ em }) => {
    const cluster = await em.findOne(Cluster, { id });
    if (!cluster) throw new Problem('cluster.unknown', id);
    const credential = await em.findOne(ClusterCredential, { clusterId: id });
    // What runs without a credential was never in preparation.
    if (!credential && cluster.phase === 'Preparing') {
      throw new Problem('cluster.unavailable', cluster.preparation?.message ?? 'in preparation');
    }
    return { cluster, credential };
  });
}
