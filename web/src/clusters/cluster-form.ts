import type { Cluster, NewCluster } from '../api/types.ts';
import { labelsOf } from '../instances/instance-form.ts';

export type Runtime = Cluster['runtime'];
export const runtimes = ['kubernetes', 'machine', 'docker', 'podman'] as const satisfies readonly Runtime[];

/** What is typed, for whichever runtime: it stays when another one is looked at. */
export interface ClusterForm {
  runtime: Runtime;
  name: string;
  labels: string;
  tenantId: string;
  kubeconfig: string;
  dnsPolicy: 'ClusterFirst' | 'Default';
  storageClass: string;
  /** Separated by commas or spaces. */
  clusterRanges: string;
  directory: string;
  isRemote: boolean;
  address: string;
  port: number;
  user: string;
  hostKey: string;
  privateKey: string;
  socketPath: string;
  /** In all, as far as it is known. */
  cores: number | undefined;
  memoryGib: number | undefined;
  storageGib: number | undefined;
  instances: number | undefined;
}

export const emptyCluster = (): ClusterForm => ({
  runtime: 'kubernetes',
  name: '',
  labels: '',
  tenantId: '',
  kubeconfig: '',
  dnsPolicy: 'ClusterFirst',
  storageClass: '',
  clusterRanges: '',
  directory: '',
  isRemote: false,
  address: '',
  port: 22,
  user: '',
  hostKey: '',
  privateKey: '',
  socketPath: '',
  cores: undefined,
  memoryGib: undefined,
  storageGib: undefined,
  instances: undefined,
});

const isWritten = (...texts: string[]): boolean => texts.every((text) => text.trim() !== '');

/** Whether there is enough to ask for. */
export function isClusterComplete(form: ClusterForm): boolean {
  if (!isWritten(form.name)) return false;
  switch (form.runtime) {
    case 'kubernetes':
      return isWritten(form.kubeconfig);
    case 'machine':
      return (
        isWritten(form.directory) &&
        (!form.isRemote || isWritten(form.address, form.user, form.hostKey, form.privateKey))
      );
    default:
      return isWritten(form.socketPath);
  }
}

const gib = 2 ** 30;

function capacityOf({ cores, memoryGib, storageGib, instances }: ClusterForm) {
  const capacity = {
    ...(cores !== undefined && { cpuMillis: Math.round(cores * 1_000) }),
    ...(memoryGib !== undefined && { memoryBytes: Math.round(memoryGib * gib) }),
    ...(storageGib !== undefined && { storageBytes: Math.round(storageGib * gib) }),
    ...(instances !== undefined && { instances }),
  };
  return Object.keys(capacity).length > 0 ? { capacity } : {};
}

export function newClusterOf(form: ClusterForm): NewCluster {
  const common = { name: form.name.trim(), labels: labelsOf(form.labels), tenantId: form.tenantId || null };
  const capacity = capacityOf(form);
  switch (form.runtime) {
    case 'kubernetes':
      return { ...common, runtime: form.runtime, kubeconfig: form.kubeconfig, settings: kubernetesOf(form, capacity) };
    case 'machine': {
      const { address, port, user, hostKey, privateKey } = form;
      const host = { address: address.trim(), port, user: user.trim(), hostKey: hostKey.trim() };
      return {
        ...common,
        runtime: form.runtime,
        settings: { directory: form.directory.trim(), ...(form.isRemote && { host }), ...capacity },
        ...(form.isRemote && { privateKey }),
      };
    }
    default:
      return { ...common, runtime: form.runtime, settings: { socketPath: form.socketPath.trim(), ...capacity } };
  }
}

const kubernetesOf = (
  { dnsPolicy, storageClass, clusterRanges }: ClusterForm,
  capacity: ReturnType<typeof capacityOf>,
) => ({
  dnsPolicy,
  ...(storageClass.trim() && { storageClass: storageClass.trim() }),
  ...(clusterRanges.trim() && { clusterRanges: clusterRanges.split(/[\s,]+/).filter(Boolean) }),
  ...capacity,
});
