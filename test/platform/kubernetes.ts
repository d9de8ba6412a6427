import { readFileSync } from 'node:fs';

export interface TestKubernetes {
  /** Kubeconfig (its text) of a cluster administrator. */
  adminKubeconfig: string;
  /** Kubeconfig (its text) with the platform's own minimal rights: what gets registered in the product. */
  platformKubeconfig: string;
  /** Where pods reach servers of the test process. */
  hostAddress: string;
  /** What its agents are given no access to; `hostAddress` is not part of it. */
  clusterRanges: string[];
  /** An image of OpenClaw that the node has. */
  openclawImage: string;
}

/** The cluster with a real node that `npm test` started; undefined where it cannot (see `kubernetesSkipped`). */
export function testKubernetes(): TestKubernetes | undefined {
  const { TEST_KUBECONFIG, TEST_PLATFORM_KUBECONFIG, TEST_CLUSTER_HOST, TEST_OPENCLAW_IMAGE } = process.env;
  if (!TEST_KUBECONFIG || !TEST_PLATFORM_KUBECONFIG || !TEST_CLUSTER_HOST || !TEST_OPENCLAW_IMAGE) return undefined;
  return {
    adminKubeconfig: readFileSync(TEST_KUBECONFIG, 'utf8'),
    platformKubeconfig: readFileSync(TEST_PLATFORM_KUBECONFIG, 'utf8'),
    hostAddress: TEST_CLUSTER_HOST,
    clusterRanges: (process.env.TEST_CLUSTER_RANGES ?? '').split(',').filter(Boolean),
    openclawImage: TEST_OPENCLAW_IMAGE,
  };
}

/** Why there is no cluster with a node. */
export function kubernetesSkipped(): string | undefined {
  return process.env.TEST_KUBERNETES_SKIPPED;
}

async function control(action: string, part: string, signal?: NodeJS.Signals): Promise<void> {
  const response = await fetch(process.env.TEST_KUBERNETES_CONTROL ?? '', {
    method: 'POST',
    body: JSON.stringify({ action, part, signal }),
  });
  if (!response.ok) throw new Error(`${action} ${part}: ${await response.text()}`);
}

/** Sends a signal to a part of the cluster, such as `kube-apiserver`. After SIGKILL it stays away until `startPart`. */
export function killPart(part: string, signal: NodeJS.Signals): Promise<void> {
  return control('kill', part, signal);
}

/** Starts a killed part again; returns when it runs. */
export function startPart(part: string): Promise<void> {
  return control('start', part);
}
