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
  runtime: Runtime;
  /** Other credentials or settings make another driver. */
  version: string;
}

const probeMs = 1_500;

export function runtimesOf(db: Database, key: SealingKey): Runtimes {
  const kept = new Map<string, Kept>();
  return {
    async for(clusterId) {
      const { cluster, credential } = await read(db, clusterId);
      const version = JSON.stringify([credential.updatedAt, cluster.settings]);
      let entry = kept.get(clusterId);
      if (entry?.version !== version) {
        entry = { runtime: runtimeOf(cluster, openSealed(key, { kind: 'cluster', clusterId }, credential.sealed)), version };
        kept.set(clusterId, entry);
      }
      // A cluster known to be down costs a short question instead of a step's whole patience.
      if (cluster.phase === 'Unreachable') await entry.runtime.ping(AbortSignal.timeout(probeMs));
      return entry.runtime;
    },
  };
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

function runtimeOf(cluster: Cluster, kubeconfig: string): Runtime {
  if (cluster.runtime === 'kubernetes') return kubernetesRuntime({ kubeconfig, ...cluster.settings });
  throw new Problem('runtime.unsupported', cluster.runtime);
}
