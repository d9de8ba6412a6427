import type { Power } from '../../../workflows/contracts/phases.ts';
import type { Compared, Difference, InstanceRef, WorkloadSpec } from '../runtime.ts';
import { assetData } from './assets.ts';
import type { Cluster } from './cluster.ts';
import type { Placement } from './ensure.ts';
import { imageIdOf } from './image-id.ts';
import { containerName, placeOf, podNameOf } from './names.ts';
import { covers } from './objects.ts';
import { statefulSetManifest } from './workload.ts';

/** What a sync would change, by reading only. A changed value of a secret is no difference: a restart takes it up. */
export async function compare(
  cluster: Cluster,
  ref: InstanceRef,
  { spec, power }: { spec: Omit<WorkloadSpec, 'secretEnvironment'>; power: Power },
  { dnsPolicy }: Placement,
  signal: AbortSignal,
): Promise<Compared> {
  const { namespace, name } = placeOf(ref);
  const get = <
    K extends 'StatefulSet' | 'ConfigMap' | 'Secret' | 'Service' | 'NetworkPolicy' | 'PersistentVolumeClaim',
  >(
    kind: K,
  ) => cluster.get(kind, namespace, name, signal);
  const [workload, files, secret, service, policy, claim, pod] = await Promise.all([
    get('StatefulSet'),
    get('ConfigMap'),
    get('Secret'),
    get('Service'),
    get('NetworkPolicy'),
    get('PersistentVolumeClaim'),
    cluster.get('Pod', namespace, podNameOf(ref.instanceId), signal),
  ]);
  const objects = {
    StatefulSet: workload,
    ConfigMap: files,
    Secret: secret,
    Service: service,
    NetworkPolicy: policy,
    PersistentVolumeClaim: claim,
  };
  const differences: Difference[] = Object.entries(objects)
    .filter(([, object]) => object === undefined)
    .map(([kind]) => ({ what: 'objects', wanted: kind, found: 'missing' }));

  if (files && !sameFiles(files.data ?? {}, { ...spec.configuration.files, ...assetData(spec.assets) })) {
    differences.push({ what: 'configuration', wanted: spec.configuration.hash, found: 'other files on the cluster' });
  }
  const container = workload?.spec?.template.spec?.containers.find((one) => one.name === containerName);
  const wanted = statefulSetManifest(ref, { ...spec, secretEnvironment: {} }, dnsPolicy).spec?.template.spec
    ?.containers[0];
  if (workload && container && wanted) {
    if (container.image !== wanted.image) {
      differences.push({ what: 'image', wanted: wanted.image ?? '', found: container.image ?? '' });
    }
    if (!covers(container.resources, wanted.resources)) {
      differences.push({ what: 'resources', wanted: text(wanted.resources), found: text(container.resources) });
    }
  }
  const found = (workload?.spec?.replicas ?? 0) > 0 ? 'on' : 'off';
  if (workload && found !== power) differences.push({ what: 'power', wanted: power, found });
  return { differences, imageId: imageIdOf(pod, wanted?.image) };
}

const text = (resources: unknown): string => JSON.stringify(resources ?? {});

const sameFiles = (found: Record<string, string>, wanted: Record<string, string>): boolean =>
  Object.keys(found).length === Object.keys(wanted).length && covers(found, wanted);
