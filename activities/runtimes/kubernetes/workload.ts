import type { HttpProbe, InstanceRef, WorkloadSpec } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import { assetVolumes, fileItems } from './assets.ts';
import { annotations, containerName, contentHash, objectLabelsOf, placeOf, podLabelsOf, selectorOf } from './names.ts';
import type { Kinds, Manifest } from './objects.ts';
import { restrictedContainer, restrictedPod, scratchVolumes } from './restricted.ts';
import { byteQuantity, cpuQuantity } from './quantity.ts';
import { sorted } from './sorted.ts';
import { unexpanded } from './unexpanded.ts';

export type StatefulSetManifest = Manifest<Kinds['StatefulSet']>;
type Template = NonNullable<StatefulSetManifest['spec']>['template'];
type Probe = NonNullable<NonNullable<Template['spec']>['containers'][number]['startupProbe']>;

export type DnsPolicy = 'ClusterFirst' | 'Default';

export const revisionAnnotations = (spec: WorkloadSpec): Record<string, string> => ({
  [annotations.revision]: String(spec.revision),
  [annotations.configurationHash]: spec.configuration.hash,
});

/** Power off: whatever brings it to life is a write of its own. */
export function statefulSetManifest(ref: InstanceRef, spec: WorkloadSpec, dnsPolicy: DnsPolicy): StatefulSetManifest {
  const { namespace, name } = placeOf(ref);
  const template = podTemplate(ref, spec, dnsPolicy);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name,
      namespace,
      labels: objectLabelsOf(ref),
      annotations: {
        ...revisionAnnotations(spec),
        [annotations.displayName]: ref.name,
        [annotations.manifestHash]: contentHash(template),
      },
    },
    spec: {
      replicas: 0,
      serviceName: name,
      // With the ordered policy a pod that never becomes ready could not be replaced by its correction.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      revisionHistoryLimit: 2,
      selector: { matchLabels: selectorOf(ref) },
      template,
    },
  };
}

function podTemplate(ref: InstanceRef, spec: WorkloadSpec, dnsPolicy: DnsPolicy): Template {
  const { name } = placeOf(ref);
  const { resources } = spec;
  const plain = sorted(spec.environment).map(([variable, value]) => ({ name: variable, value: unexpanded(value) }));
  const secret = sorted(spec.secretEnvironment).map(([variable]) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name, key: variable } },
  }));
  const scratch = scratchVolumes(spec.scratch);
  const assets = assetVolumes(spec.assets, name);
  return {
    metadata: {
      labels: podLabelsOf(ref),
      annotations: {
        [annotations.environmentHash]: environmentHash(ref, spec),
        [annotations.assetsHash]: contentHash(spec.assets),
      },
    },
    spec: {
      ...restrictedPod(spec.user),
      dnsPolicy,
      terminationGracePeriodSeconds: spec.terminationGraceSeconds,
      // A silent node may still run the agent: it stays bound there until the node is back or proven to be off.
      tolerations: ['unreachable', 'not-ready'].map((taint) => ({
        key: `node.kubernetes.io/${taint}`,
        operator: 'Exists',
        effect: 'NoExecute',
      })),
      containers: [
        {
          name: containerName,
          image: requireImage(spec.image),
          imagePullPolicy: 'IfNotPresent',
          ...(spec.command ? { command: spec.command.map(unexpanded) } : {}),
          env: [...plain, ...secret],
          ports: [{ name: 'gateway', containerPort: spec.port }],
          startupProbe: probe(spec.probes.startup),
          readinessProbe: probe(spec.probes.readiness),
          livenessProbe: probe(spec.probes.liveness),
          // Half is guaranteed: an agent needs its limit for moments only.
          resources: {
            requests: {
              cpu: cpuQuantity(resources.cpuMillis),
              memory: byteQuantity(Math.ceil(resources.memoryBytes / 2)),
            },
            limits: { memory: byteQuantity(resources.memoryBytes) },
          },
          securityContext: restrictedContainer,
          volumeMounts: [
            { name: 'state', mountPath: spec.state.mountPath },
            // The whole directory: a file mounted by sub-path would never be replaced in a living pod.
            { name: 'configuration', mountPath: spec.configuration.mountPath, readOnly: true },
            ...assets.mounts,
            ...scratch.mounts,
          ],
        },
      ],
      volumes: [
        { name: 'state', persistentVolumeClaim: { claimName: name } },
        { name: 'configuration', configMap: { name, items: fileItems(spec.configuration.files) } },
        ...assets.volumes,
        ...scratch.volumes,
      ],
    },
  };
}

/** A process reads its secrets once. The instance's own random token among them keeps the hash from being guessed. */
const environmentHash = (ref: InstanceRef, spec: WorkloadSpec): string =>
  contentHash([ref.instanceId, ...sorted(spec.secretEnvironment)]);

const probe = ({ path, ...timing }: HttpProbe): Probe => ({
  httpGet: { path, port: 'gateway' },
  ...timing,
});
