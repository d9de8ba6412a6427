import { fileURLToPath } from 'node:url';
import type { ClusterApi } from './cluster-api.ts';
import { runCommand } from './command.ts';
import type { Layout } from './layout.ts';
import type { Programs } from './programs.ts';
import { applyStorageClass } from './volumes.ts';

const platformRole = fileURLToPath(new URL('../../kubernetes/platform-role.yaml', import.meta.url));

/** Objects that this Kubernetes is expected to have: rights and the storage class. */
export async function applyBasics(
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
