import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, checkout, ensureDirectory } from '../../deploy/local/directories.ts';
import { startKubernetes, type LocalKubernetes } from '../../deploy/local/kubernetes/index.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { localProcess, startAndWait } from '../../deploy/local/process.ts';
import type { Report } from '../../deploy/local/report.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import type { Rule } from '../fakes/agent-fleet/script.ts';

/** A real control plane whose nodes exist only as objects, and one process that plays every agent on them. */
export interface ScaleCluster {
  /** Kubeconfigs (their text): of a cluster administrator, and with the platform's own minimal rights. */
  adminKubeconfig: string;
  platformKubeconfig: string;
  /** What to register the cluster with, so that the agents are reached. */
  settings: { dnsPolicy: 'Default'; agentAddress: string };
  kubernetes: LocalKubernetes;
  agentsPid(): number | undefined;
  /** @throws Error unless it was asked for */
  auditLog(): string;
  /** How agents behave from now on; takes the place of all rules before. */
  script(rules: Rule[]): Promise<FleetState>;
  look(): Promise<FleetState>;
  stop(): Promise<void>;
}

export interface FleetState {
  agents: number;
  readyPods: number;
}

export interface ScaleOptions {
  /** Data, keys and logs; may be removed afterwards. */
  directory: string;
  nodes?: number;
  /** Who created or removed pods and wrote workloads is kept. */
  audited?: boolean;
  report: Report;
  signal?: AbortSignal;
}

/** Needs no root. Builds KWOK the first time (three minutes on two cores). */
export async function startScaleCluster(options: ScaleOptions): Promise<ScaleCluster> {
  const { directory, nodes = 10, audited = false, report, signal } = options;
  const [port, kubeletPort] = [await freePort(), await freePort()];
  const kubernetes = await startKubernetes({
    directory: join(directory, 'kubernetes'),
    cacheDirectory: cacheDirectory(),
    node: false,
    simulated: { nodes, kubeletPort },
    volatile: true,
    audited,
    report,
    signal,
  });
  const agents = localProcess({
    name: 'agents',
    directory: ensureDirectory(directory),
    command: process.execPath,
    args: [join(checkout, 'test/fakes/agent-fleet/main.ts')],
    cwd: checkout,
    env: {
      ...process.env,
      FLEET_KUBECONFIG: kubernetes.adminKubeconfig,
      FLEET_PORT: String(port),
      FLEET_KUBELET_PORT: String(kubeletPort),
      FLEET_CERTIFICATE: kubernetes.kubeletCertificate.certificate,
      FLEET_KEY: kubernetes.kubeletCertificate.key,
    },
    stopSignal: 'SIGTERM',
    graceMs: 2_000,
  });
  const base = `http://127.0.0.1:${port}`;
  const control = async (rules?: Rule[]): Promise<FleetState> => {
    const request = rules ? { method: 'PUT', body: JSON.stringify(rules) } : {};
    const answer = await fetch(`${base}/control/rules`, request);
    if (!answer.ok) throw new Error(`The agents answer ${answer.status}`);
    return (await answer.json()) as FleetState;
  };
  const stop = async (): Promise<void> => {
    await agents.stop();
    await kubernetes.stop();
  };
  try {
    await startAndWait(agents, (ended) => waitUntil(() => control(), { timeoutMs: 20_000, signal: ended }));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    adminKubeconfig: readFileSync(kubernetes.adminKubeconfig, 'utf8'),
    platformKubeconfig: readFileSync(kubernetes.platformKubeconfig, 'utf8'),
    settings: { dnsPolicy: 'Default', agentAddress: `${base}/agents/{instanceId}` },
    kubernetes,
    agentsPid: agents.pid,
    auditLog() {
      if (!kubernetes.auditLog) throw new Error('this cluster keeps no log of who wrote what');
      return kubernetes.auditLog;
    },
    script: (rules) => control(rules),
    look: () => control(),
    stop,
  };
}
