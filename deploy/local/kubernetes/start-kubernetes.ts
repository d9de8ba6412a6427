import { ensureCertificates, keyPair } from './certificates.ts';
import { auditLogOf } from './audit.ts';
import { applyBasics } from './apply-basics.ts';
import { connectToApi, type ClusterApi } from './cluster-api.ts';
import { planControlPlane } from './control-plane.ts';
import { importImage } from './images.ts';
import { planKwok } from './kwok/plan-kwok.ts';
import { provideKwok } from './kwok/program.ts';
import { applySimulatedNodes } from './kwok/simulated-nodes.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { planLayout, type Layout } from './layout.ts';
import { lockDirectory, partNames, type LocalKubernetes, type PartName } from './local-kubernetes.ts';
import { clearNode } from './node-cleaning.ts';
import { planContainerd, planKubelet } from './node-parts.ts';
import { startContainerRuntime, stopNode } from './node.ts';
import { createPart, killStalePart, type PartPlan, type RunnablePart } from './part.ts';
import { prepareKubernetes, type PreparationOptions } from './prepare-kubernetes.ts';
import { pullImage } from './pull-image.ts';
import { serveVolumes, storageClass } from './volumes.ts';

export type StartOptions = PreparationOptions & {
  /**
   * Everything of this Kubernetes: data, keys, logs, volumes. Absolute, or relative to the working directory; with a
   * node at most about 65 characters long.
   */
  directory: string;
  /** Without a node there is a control plane: objects are kept and controllers work, no container runs. */
  node: boolean;
  /**
   * Nodes that exist only as objects, in place of a real one. Needs no root. Their pods run and end at once and are never
   * ready by themselves; `kubeletPort` is of the server on this machine that answers for their kubelets.
   */
  simulated?: { nodes: number; kubeletPort: number };
  /** Does not wait for the disk: quicker, for tests. Data may be lost when the machine (not a process) fails. */
  volatile?: boolean;
  /** Keeps a log of who created or removed pods and wrote workloads. Default: no. */
  audited?: boolean;
  /** Starts a server again that ends by itself; one that `killPart` ended stays down. Default: no. */
  revive?: boolean;
};

/**
 * Starts the Kubernetes of a directory: a new one, or the one that an earlier start left there, however it ended.
 * @throws Error when another living process runs it, or a part does not start (with the end of its log)
 */
export async function startKubernetes(options: StartOptions): Promise<LocalKubernetes> {
  const { report, signal } = options;
  const { programs, nodeSkipped } = await prepareKubernetes(options);
  const node = options.node && nodeSkipped === undefined;
  const { simulated } = options;
  const kwok = simulated && (await provideKwok(options));
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
      audited: options.audited ?? false,
    });
    const nodeParts = node ? [planContainerd(layout), planKubelet(layout, programs, api)] : [];
    const simulation = simulated && kwok ? [planKwok(layout, kwok, simulated.kubeletPort)] : [];
    for (const plan of [...controlPlane, ...nodeParts, ...simulation] satisfies PartPlan<PartName>[]) {
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
    if (simulated) {
      report(`simulating ${simulated.nodes} nodes`, 70);
      await part('kwok').start(signal);
      await applySimulatedNodes(api, simulated.nodes, signal);
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
      podNetwork: layout.podNetwork,
      serviceNetwork: layout.serviceNetwork,
      kubeletCertificate: keyPair(layout, 'component-server'),
      ...(options.audited ? { auditLog: auditLogOf(layout) } : {}),
      hostAddressFromPods: node ? layout.gatewayAddress : '127.0.0.1',
      importImage: async (archive) => {
        if (!node) throw new Error('This Kubernetes has no node to import an image into.');
        return importImage(running, archive);
      },
      pullImage: async (image, pullSignal) => {
        if (!node || !api) throw new Error('This Kubernetes has no node to pull an image.');
        return pullImage(api, image, { signal: pullSignal });
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
