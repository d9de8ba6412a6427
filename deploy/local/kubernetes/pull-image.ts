import { setTimeout as sleep } from 'node:timers/promises';
import { expectSuccess, type ClusterApi } from './cluster-api.ts';

const podPath = '/api/v1/namespaces/default/pods';
const podName = 'pull-image';
const pollMs = 500;
/** Some hundred megabytes over a slow line. */
const patienceMs = 15 * 60_000;

interface Pod {
  status?: {
    containerStatuses?: { imageID?: string; state?: { waiting?: { reason?: string; message?: string } } }[];
  };
}

/**
 * Has the node pull an image as it would for any pod.
 * @returns why it cannot, as the node says it; undefined when the image is there
 */
export async function pullImage(
  api: ClusterApi,
  image: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<string | undefined> {
  await removePod(api, signal);
  const container = { name: 'pull', image, command: ['true'] };
  const spec = { restartPolicy: 'Never', automountServiceAccountToken: false, containers: [container] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: podName }, spec };
  expectSuccess(await api.call('POST', podPath, { body: pod }), 'ask the node for an image');
  try {
    return await outcome(api, signal);
  } finally {
    await removePod(api, signal);
  }
}

async function outcome(api: ClusterApi, signal: AbortSignal | undefined): Promise<string | undefined> {
  const deadlineMs = Date.now() + patienceMs;
  while (Date.now() < deadlineMs) {
    const { status } = expectSuccess(await api.call('GET', `${podPath}/${podName}`), 'look at the pull') as Pod;
    const [container] = status?.containerStatuses ?? [];
    const waiting = container?.state?.waiting;
    if (waiting?.reason === 'ErrImagePull' || waiting?.reason === 'ImagePullBackOff') {
      return waiting.message ?? waiting.reason;
    }
    // Whether it runs is no matter: an image with an id is on the node.
    if (container?.imageID) return undefined;
    await sleep(pollMs, undefined, { signal });
  }
  return 'it took too long';
}

async function removePod(api: ClusterApi, signal: AbortSignal | undefined): Promise<void> {
  const path = `${podPath}/${podName}`;
  await api.call('DELETE', `${path}?gracePeriodSeconds=0`);
  while ((await api.call('GET', path)).status !== 404) await sleep(pollMs, undefined, { signal });
}
