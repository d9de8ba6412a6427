import type { Cluster } from '../../server/clusters/cluster.entity.ts';
import type { RuntimeKind } from '../../server/clusters/runtime-kinds.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { dockerRuntime } from '../runtimes/docker/index.ts';
import { kubernetesRuntime } from '../runtimes/kubernetes/index.ts';
import { machineRuntime } from '../runtimes/machine/index.ts';
import type { Runtime } from '../runtimes/runtime.ts';

/** With connections that can be closed, where it has such. */
export type Driver = Runtime & { close?(): Promise<void> };

/** Makes the driver of a cluster; its credential is in clear, such as a kubeconfig, and null where it has none. */
export type DriverOf = (cluster: Cluster, credential: string | null) => Driver;

/** By kind of cluster: the one place where drivers are wired in. */
export const drivers: Record<RuntimeKind, DriverOf> = {
  kubernetes: ({ settings }, kubeconfig) => {
    const { storageClass: storageClassName, dnsPolicy, clusterRanges, agentAddress } = settings;
    const placement = { storageClassName, dnsPolicy, clusterRanges, agentAddress };
    return kubernetesRuntime({ kubeconfig: requireCredential(kubeconfig), ...placement });
  },
  machine: ({ id: clusterId, settings: { directory = '', host } }, privateKey) =>
    machineRuntime({
      clusterId,
      directory,
      host: host ? { kind: 'ssh', ...host, privateKey: requireCredential(privateKey) } : { kind: 'local' },
    }),
  docker: ({ id: clusterId, settings: { socketPath = '' } }) =>
    dockerRuntime({ clusterId, engine: 'docker', socketPath }),
  podman: ({ id: clusterId, settings: { socketPath = '' } }) =>
    dockerRuntime({ clusterId, engine: 'podman', socketPath }),
};

export const driverOfCluster: DriverOf = (cluster, credential) => drivers[cluster.runtime](cluster, credential);

/** @throws Problem 'cluster.unavailable' while the cluster is in preparation */
function requireCredential(credential: string | null): string {
  if (credential === null) throw new Problem('cluster.unavailable', 'The cluster has no credentials yet.');
  return credential;
}
