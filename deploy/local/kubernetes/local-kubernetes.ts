import { resolve } from 'node:path';
import type { KeyPair } from './certificates.ts';
import type { ControlPlanePart } from './control-plane.ts';
import { tryLock, type Lock } from './lock.ts';
import type { NodePart } from './node-parts.ts';
import type { LocalPart } from './part.ts';

export type PartName = ControlPlanePart | NodePart | 'kwok';

/** In the order in which a run that was cut off is cleared: nothing is left without what it needs. */
export const partNames: readonly PartName[] = [
  'kwok',
  'kubelet',
  'containerd',
  'kube-scheduler',
  'kube-controller-manager',
  'kube-apiserver',
  'etcd',
];
/**
 * A real single-node Kubernetes on this machine, listening on its own addresses only.
 * What it does not do: it has no cluster DNS (use `dnsPolicy: Default`), routes no service addresses (no kube-proxy),
 * and does not enforce network policies: the plain bridge that connects its pods knows none.
 */
export type LocalKubernetes = {
  /** Kubeconfig of a cluster administrator: path of a file that refers to no other file. */
  adminKubeconfig: string;
  /** Kubeconfig of the user `occ-platform`, who may do what deploy/kubernetes/platform-role.yaml says. */
  platformKubeconfig: string;
  /** Whether containers run here (on simulated nodes none does). */
  node: boolean;
  /** Why they do not, although asked for: a clause for people ("a node needs root"). */
  nodeSkipped?: string;
  nodeName?: string;
  /** Storage class (the default one) whose claims are served from directories; sizes are not enforced. */
  storageClass: string;
  /** Networks (CIDR) of its pods and services. Its node's address is on the network of the pods. */
  podNetwork: string;
  serviceNetwork: string;
  /** Files with which a server on 127.0.0.1 is taken for a kubelet by the API server. */
  kubeletCertificate: KeyPair;
  /** Who created or removed pods and wrote workloads, a line of JSON each; where that was asked for. */
  auditLog?: string;
  /** IP address by which pods reach servers of this machine that listen on it or on 0.0.0.0; 127.0.0.1 without a node. */
  hostAddressFromPods: string;
  /** Imports an image archive (format of `docker save`); does nothing when it is there. Returns the images' names. */
  importImage: (archivePath: string) => Promise<string[]>;
  /** Has the node pull an image. Returns why it cannot, or undefined when the image is there. */
  pullImage: (image: string, signal?: AbortSignal) => Promise<string | undefined>;
  parts: readonly LocalPart<PartName>[];
  /** Ends containers, then the servers in order. What they kept stays for the next start. */
  stop: () => Promise<void>;
  /** Sends a signal to one server; returns when it is gone, if the signal is one that ends it. */
  killPart: (name: PartName, signal: NodeJS.Signals) => Promise<void>;
  /** Starts a server again that was killed; returns when it is ready. */
  startPart: (name: PartName) => Promise<void>;
};

/** A directory's Kubernetes is run, or removed, by one process at a time. */
export function lockDirectory(directory: string): Lock {
  const lock = tryLock(`${resolve(directory)}.lock`);
  if ('release' in lock) return lock;
  throw new Error(`The local Kubernetes in ${directory} is already run by process ${lock.heldBy}.`);
}
