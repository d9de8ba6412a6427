import type { Kinds, Wire } from './objects.ts';
import { byteQuantity } from './quantity.ts';

type PodSpec = NonNullable<Wire<Kinds['Pod']>['spec']>;
type Container = PodSpec['containers'][number];

/** Pod settings of the restricted profile, and nothing of the cluster's own inside: no token, no service variables. */
export const restrictedPod = (user: { uid: number; gid: number }) =>
  ({
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user.uid,
      runAsGroup: user.gid,
      fsGroup: user.gid,
      // Not at each start again: a large state takes minutes to walk.
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
  }) satisfies Partial<PodSpec>;

export const restrictedContainer: NonNullable<Container['securityContext']> = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** The only places that can be written besides the state. */
export function scratchVolumes(scratch: readonly { mountPath: string; sizeBytes: number }[]) {
  const volumes = scratch.map(({ sizeBytes }, index) => ({
    name: `scratch-${index}`,
    emptyDir: { sizeLimit: byteQuantity(sizeBytes) },
  }));
  const mounts = scratch.map(({ mountPath }, index) => ({ name: `scratch-${index}`, mountPath }));
  return { volumes, mounts } satisfies {
    volumes: PodSpec['volumes'];
    mounts: Container['volumeMounts'];
  };
}
