import type { Errand, OneShot } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import { assetData, assetVolumes, fileItems } from './assets.ts';
import { annotations, containerName, labels, platformName, type Place } from './names.ts';
import type { Kinds, Manifest, Stored } from './objects.ts';
import { restrictedContainer, restrictedPod, scratchVolumes } from './restricted.ts';
import { byteQuantity, cpuQuantity } from './quantity.ts';
import { sorted } from './sorted.ts';
import { unexpanded } from './unexpanded.ts';
import type { DnsPolicy } from './workload.ts';

const deadlineMarginSeconds = 30;

const labelsOf = (job: OneShot): Record<string, string> => ({
  [labels.managedBy]: platformName,
  [labels.tenant]: job.tenantId,
  [labels.oneShot]: 'true',
});

export const configMapManifest = (
  job: OneShot,
  { namespace, name }: Place,
  operationId: string | null,
): Manifest<Kinds['ConfigMap']> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace,
    labels: labelsOf(job),
    ...(operationId !== null && { annotations: { [annotations.operation]: operationId } }),
  },
  immutable: true,
  data: { ...job.files.files, ...assetData(job.assets ?? []) },
});

export function podManifest(
  job: OneShot,
  namespace: string,
  owner: Stored<Kinds['ConfigMap']>,
  { dnsPolicy, errand }: { dnsPolicy: DnsPolicy; errand: Pick<Errand, 'imagePatienceMs'> },
): Manifest<Kinds['Pod']> {
  const { name, uid } = owner.metadata;
  const scratch = scratchVolumes(job.scratch);
  const assets = assetVolumes(job.assets ?? [], name);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: labelsOf(job),
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }],
    },
    spec: {
      ...restrictedPod(job.user),
      dnsPolicy,
      ...(job.beside && { affinity: besideOf(job.beside) }),
      restartPolicy: 'Never',
      // For when nobody is left to watch it, so later than our own clock, which still sees why it did not start. It
      // is also what puts the pod under the quota of one-shots.
      activeDeadlineSeconds: Math.ceil((errand.imagePatienceMs + job.timeoutMs) / 1000) + deadlineMarginSeconds,
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: containerName,
          image: requireImage(job.image),
          imagePullPolicy: 'IfNotPresent',
          command: job.command.map(unexpanded),
          env: sorted(job.environment).map(([variable, value]) => ({ name: variable, value: unexpanded(value) })),
          resources: {
            requests: {
              cpu: cpuQuantity(job.resources.cpuMillis),
              memory: byteQuantity(job.resources.memoryBytes),
            },
            limits: { memory: byteQuantity(job.resources.memoryBytes) },
          },
          securityContext: restrictedContainer,
          volumeMounts: [
            { name: 'files', mountPath: job.files.mountPath, readOnly: true },
            ...assets.mounts,
            ...scratch.mounts,
          ],
        },
      ],
      volumes: [
        { name: 'files', configMap: { name, items: fileItems(job.files.files) } },
        ...assets.volumes,
        ...scratch.volumes,
      ],
    },
  };
}

/** Wished for, not demanded: an instance without a process is on no node. */
const besideOf = (instanceId: string) => ({
  podAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          labelSelector: { matchLabels: { [labels.instance]: instanceId } },
          topologyKey: 'kubernetes.io/hostname',
        },
      },
    ],
  },
});
