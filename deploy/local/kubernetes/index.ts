import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Report } from '../report.ts';
import { ensureCertificates } from './certificates.ts';
import { connectToApi, type ClusterApi } from './cluster-api.ts';
import { runCommand } from './command.ts';
import { planControlPlane, type ControlPlanePart } from './control-plane.ts';
import { importImage } from './images.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { planLayout, readLayout, type Layout } from './layout.ts';
import { tryLock, type Lock } from './lock.ts';
import { clearNode } from './node-cleaning.ts';
import { planKubelet, planContainerd, type NodePart } from './node-parts.ts';
import { prepareNodeRequirements } from './node-requirements.ts';
import { startContainerRuntime, stopNode } from './node.ts';
import { createPart, killStalePart, type LocalPart, type PartPlan, type RunnablePart } from './part.ts';
import { providePrograms, type Programs } from './programs.ts';
import { applyStorageClass, serveVolumes, storageClass } from './volumes.ts';

export type PartName = ControlPlanePart | NodePart;

/** In the order in which a run that was cut off is cleared: nothing is left without what it needs. */
const partNames: readonly PartName[] = [
  'kubelet',
  'containerd',
  'kube-scheduler',
  'kube-controller-manager',
  'kube-apiserver',
  'etcd',
];
const platformRole = fileURLToPath(new URL('../../kubernetes/platform-role.yaml', import.meta.url));

export type PreparationOptions = {
  /** Where built programs are kept; outlives checkouts. */
  cacheDirectory: string;
  report: Report;
  /** Whether a node is wanted: its Debian packages are installed then, where that is possible. Default: yes. */
  node?: boolean;
  signal?: AbortSignal;
};

export type Preparation = {
  programs: Programs;
  /** Why this machine cannot be a node although one is wanted. */
  nodeSkipped?: string;
};

/**
 * Provides everything that startKubernetes needs: programs (found on PATH, in the cache, or built) and packages of the
 * operating system. Quick when all is there. May run in several processes at once.
 * @throws Error that says what is missing and how to get it
 */
export async function prepareKubernetes(options: PreparationOptions): Promise<Preparation> {
  const { cacheDirectory, report, signal, node = true } = options;
  const nodeSkipped = node ? await prepareNodeRequirements(report) : undefined;
  const programs = await providePrograms({ cacheDirectory, report, signal });
  return { programs, nodeSkipped };
}

export type StartOptions = PreparationOptions & {
  /**
   * Everything of this Kubernetes: data, keys, logs, volumes. Absolute, or relative to the working directory; with a
   * node at most about 65 characters long.
   */
  directory: string;
  /** Without a node there is a control plane: objects are kept and controllers work, no container runs. */
  node: boolean;
  /** Does not wait for the disk: quicker, for tests. Data may be lost when the machine (not a process) fails. */
  volatile?: boolean;
  /** Starts a server again that ends by itself; one that `killPart` ended stays down. Default: no. */
  revive?: boolean;
};

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
  /** Whether containers run here. */
  node: boolean;
  /** Why they do not, although asked for: a clause for people ("a node needs root"). */
  nodeSkipped?: string;
  nodeName?: string;
  /** Storage class (the default one) whose claims are served from directories; sizes are not enforced. */
  storageClass: string;
  /** IP address by which pods reach servers of this machine that listen on it or on 0.0.0.0; 127.0.0.1 without a node. */
  hostAddressFromPods: string;
  /** Imports an image archive (format of `docker save`); does nothing when it is there. Returns the images' names. */
  importImage: (archivePath: string) => Promise<string[]>;
  parts: readonly LocalPart<PartName>[];
  /** Ends containers, then the servers in order. What they kept stays for the next start. */
  stop: () => Promise<void>;
  /** Sends a signal to one server; returns when it is gone, if the signal is one that ends it. */
  killPart: (name: PartName, signal: NodeJS.Signals) => Promise<void>;
  /** Starts a server again that was killed; returns when it is ready. */
  startPart: (name: PartName) => Promise<void>;
};

/**
 * Starts the Kubernetes of a directory: a new one, or the one that an earlier start left there, however it ended.
 * @throws Error when another living process runs it, or a part does not start (with the end of its log)
 */
export async function startKubernetes(options: StartOptions): Promise<LocalKubernetes> {
  const { report, signal } = options;
  const { programs, nodeSkipped } = await prepareKubernetes(options);
  const node = options.node && nodeSkipped === undefined;
  const lock = lockDirectory(options.directory);
  const parts = new Map<PartName, RunnablePart<PartName>>();
  let layout: Layout | undefined;
  let api: ClusterApi | undefined;
  let endVolumes: (() => Promise<void>) | undefined;

  const reviveDelayMs = 2_000;
  let ending = false;

  function onUnexpectedEnd(name: PartName, message: string): void {
    report(message);
    if (!options.revive) return;
    setTimeout(() => {
      if (ending) return;
      const revived = parts.get(name)?.start(signal);
      revived?.catch((error: unknown) => report(`${name} could not be started again: ${(error as Error).message}`));
    }, reviveDelayMs).unref();
  }

  async function stop(): Promise<void> {
    ending = true;
    try {
      await endVolumes?.();
      if (node && layout) await stopNode(layout, parts);
      for (const name of partNames) await parts.get(name)?.stop();
      api?.close();
    } finally {
      lock.release();
    }
  }

  try {
    report('clearing what an earlier run left', 0);
    for (const name of partNames) await killStalePart(options.directory, name);
    layout = await planLayout(options.directory);
    if (node) await clearNode(layout);
    await ensureCertificates(layout);
    api = connectToApi(layout);
    const adminKubeconfig = writeKubeconfig(layout, 'admin');
    const platformKubeconfig = writeKubeconfig(layout, 'platform');

    const controlPlane = planControlPlane(layout, programs, api, {
      volatile: options.volatile ?? false,
    });
    const nodeParts = node ? [planContainerd(layout), planKubelet(layout, programs, api)] : [];
    for (const plan of [...controlPlane, ...nodeParts] satisfies PartPlan<PartName>[]) {
      parts.set(
        plan.name,
        createPart<PartName>(layout, plan, (message) => onUnexpectedEnd(plan.name, message)),
      );
    }
    const part = (name: PartName): RunnablePart<PartName> => {
      const found = parts.get(name);
      if (!found) throw new Error(`This Kubernetes has no ${name}.`);
      return found;
    };

    const runtime = node ? startContainerRuntime(layout, part('containerd'), report, signal) : Promise.resolve();
    // Its failure is looked at below, after the control plane; until then nobody would have asked.
    runtime.catch(() => {});
    report('starting etcd', 10);
    await part('etcd').start(signal);
    report('starting the API server', 20);
    await part('kube-apiserver').start(signal);
    report('starting controllers and scheduler', 50);
    await Promise.all([
      part('kube-controller-manager').start(signal),
      part('kube-scheduler').start(signal),
      applyBasics(layout, programs, api, adminKubeconfig),
    ]);
    endVolumes = serveVolumes(layout, api, report);
    await runtime;
    if (node) {
      report('starting the node', 70);
      await part('kubelet').start(signal);
    }
    report(node ? 'the node is ready' : 'the control plane is ready', 100);

    const running = layout;
    let stopping: Promise<void> | undefined;
    return {
      adminKubeconfig,
      platformKubeconfig,
      node,
      ...(options.node && nodeSkipped !== undefined ? { nodeSkipped } : {}),
      ...(node ? { nodeName: layout.nodeName } : {}),
      storageClass,
      hostAddressFromPods: node ? layout.gatewayAddress : '127.0.0.1',
      importImage: async (archive) => {
        if (!node) throw new Error('This Kubernetes has no node to import an image into.');
        return importImage(running, archive);
      },
      parts: [...parts.values()],
      stop: () => (stopping ??= stop()),
      killPart: async (name, sent) => part(name).kill(sent),
      startPart: async (name) => part(name).start(),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function lockDirectory(directory: string): Lock {
  const lock = tryLock(`${directory}.lock`);
  if ('release' in lock) return lock;
  throw new Error(`The local Kubernetes in ${directory} is already run by process ${lock.heldBy}.`);
}

/** Objects that this Kubernetes is expected to have: rights and the storage class. */
async function applyBasics(
  layout: Layout,
  programs: Programs,
  api: ClusterApi,
  adminKubeconfig: string,
): Promise<void> {
  const group = 'rbac.authorization.k8s.io';
  const kubectl = [`--kubeconfig=${adminKubeconfig}`, `--cache-dir=${layout.path('kubectl-cache')}`];
  await Promise.all([
    applyStorageClass(api),
    api.apply(`/apis/${group}/v1/clusterrolebindings/occ-apiserver-to-kubelet`, {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'occ-apiserver-to-kubelet' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
      subjects: [{ apiGroup: group, kind: 'User', name: 'kube-apiserver-kubelet-client' }],
    }),
    runCommand(programs.kubectl, [...kubectl, 'apply', '--server-side', '--force-conflicts', '-f', platformRole]),
  ]);
}

/**
 * Imports an image archive into the node of a Kubernetes that another process may be running.
 * @returns whether there is such a node
 */
export async function importIntoRunning(directory: string, archive: string): Promise<boolean> {
  const layout = readLayout(directory);
  if (!layout || !existsSync(layout.containerdSocket)) return false;
  await importImage(layout, archive);
  return true;
}

/** Removes everything that a stopped Kubernetes keeps, its volumes and the agents' data on them included. */
export async function removeKubernetes(directory: string): Promise<void> {
  const lock = lockDirectory(directory);
  try {
    for (const name of partNames) await killStalePart(directory, name);
    const layout = await planLayout(directory);
    if (process.platform === 'linux' && process.getuid?.() === 0) await clearNode(layout);
    rmSync(directory, { recursive: true, force: true });
  } finally {
    lock.release();
  }
}
