import { Agent as Connections, request } from 'undici';
import type { ClusterAccess } from '../../../activities/runtimes/kubernetes/kubeconfig.ts';
import { pathOf, type Kinds, type Stored } from '../../../activities/runtimes/kubernetes/objects.ts';

export type Pod = Stored<Kinds['Pod']>;

/** Writes what only a kubelet writes: the status of a pod. Lists are replaced whole. */
export type WritePodStatus = (pod: Pod, status: NonNullable<Pod['status']>) => Promise<void>;

/** As an administrator: a kubelet's own identity could write to its own node's pods alone. */
export function podStatusWriter({ server, certificateAuthority, identity }: ClusterAccess): WritePodStatus {
  if (!('key' in identity)) throw new Error('The agents need a kubeconfig with a client certificate.');
  const { certificate, key } = identity;
  const dispatcher = new Connections({ allowH2: true, connect: { ca: certificateAuthority, cert: certificate, key } });
  return async ({ metadata: { namespace, name, uid } }, status) => {
    const { statusCode, body } = await request(server + pathOf('Pod', namespace, name, 'status'), {
      method: 'PATCH',
      dispatcher,
      headers: { 'content-type': 'application/merge-patch+json' },
      // With the uid, so that a namesake that came after it is left alone.
      body: JSON.stringify({ metadata: { uid }, status }),
      signal: AbortSignal.timeout(10_000),
    });
    const said = await body.text();
    if (statusCode >= 300 && statusCode !== 404 && statusCode !== 409) throw new Error(`${statusCode}: ${said}`);
  };
}

const conditionsOf = (ready: boolean) => {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
  const told = { status: ready ? 'True' : 'False', lastTransitionTime };
  return [
    { type: 'Initialized', status: 'True', lastTransitionTime },
    { type: 'PodScheduled', status: 'True', lastTransitionTime },
    { type: 'Ready', ...told, ...(ready ? {} : { reason: 'ContainersNotReady' }) },
    { type: 'ContainersReady', ...told, ...(ready ? {} : { reason: 'ContainersNotReady' }) },
  ];
};

export const isReadyPod = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

/** A running pod that answers its probe, or does not any more. */
export const probed = ({ status }: Pod, ready: boolean): NonNullable<Pod['status']> => ({
  conditions: conditionsOf(ready),
  containerStatuses: (status?.containerStatuses ?? []).map((container) => ({ ...container, ready })),
});

/** A pod whose process has come to its end. */
export const ended = ({ status }: Pod, exitCode: number): NonNullable<Pod['status']> => ({
  phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  conditions: conditionsOf(false),
  containerStatuses: (status?.containerStatuses ?? []).map((container) => {
    const startedAt = container.state?.running?.startedAt;
    const finishedAt = new Date().toISOString().replace(/\.\d+/, '');
    const terminated = { exitCode, startedAt, finishedAt, reason: exitCode === 0 ? 'Completed' : 'Error' };
    return { ...container, ready: false, started: false, state: { terminated } };
  }),
});
