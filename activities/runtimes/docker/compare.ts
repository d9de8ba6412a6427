import { isDeepStrictEqual } from 'node:util';
import type Docker from 'dockerode';

import type { Power } from '../../../workflows/contracts/phases.ts';
import type { Compared, Difference, InstanceRef, WorkloadSpec } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import { inspectContainer, soon, type Engine } from './engine.ts';
import { readConfigurationFiles } from './files.ts';
import { isOwn, labels, nameOf, sorted } from './names.ts';
import { isLive } from './ending.ts';
import { readRecord, type Wanted } from './record.ts';
import { templateOf } from './template.ts';
import { volumesWith } from './tenant-space.ts';

/** What a sync would change, by reading only. A changed value of a secret is no difference: a restart takes it up. */
export async function compare(
  engine: Engine,
  ref: InstanceRef,
  { spec, power }: { spec: Omit<WorkloadSpec, 'secretEnvironment'>; power: Power },
  signal: AbortSignal,
): Promise<Compared> {
  const image = requireImage(spec.image);
  const [record, process, volumes] = await Promise.all([
    readRecord(engine, ref, signal),
    inspectContainer(engine, nameOf(ref), signal),
    volumesWith(engine, { [labels.instance]: ref.instanceId, [labels.tenant]: ref.tenantId }, signal),
  ]);
  const own = process && isOwn(process.Config.Labels, ref) ? process : undefined;
  const template = templateOf(ref, { ...spec, secretEnvironment: {} });
  const isThere = (name: string): boolean => volumes.some(({ Name }) => Name === name);
  if (!record || record.wanted.removed) {
    const missing = ['record', ...(isThere(template.state.volume) ? [] : ['state'])];
    return { differences: missing.map(absent), imageId: null };
  }
  const { wanted } = record;
  const mounted = [wanted.template.state, wanted.template.configuration, ...wanted.template.assets];
  const differences: Difference[] = mounted
    .filter(({ volume }) => !isThere(volume))
    .map(({ volume }) => absent(volume));
  if (wanted.power === 'on' && !(own && isLive(own.State))) differences.push(absent('process'));
  const files = await readConfigurationFiles(engine, record, signal);
  if (!isDeepStrictEqual(sorted(files), sorted(spec.configuration.files)) || otherAssets(wanted, template.assets)) {
    differences.push({ what: 'configuration', wanted: spec.configuration.hash, found: 'other files on the cluster' });
  }
  if (wanted.template.image !== image) differences.push({ what: 'image', wanted: image, found: wanted.template.image });
  const found = resourcesOf(wanted, own, spec.resources.storageBytes);
  if (!isDeepStrictEqual(found, template.resources)) {
    differences.push({ what: 'resources', wanted: JSON.stringify(template.resources), found: JSON.stringify(found) });
  }
  if (wanted.power !== power) differences.push({ what: 'power', wanted: power, found: wanted.power });
  return { differences, imageId: await imageIdOf(engine, own, image, signal) };
}

const absent = (what: string): Difference => ({ what: 'objects', wanted: what, found: 'missing' });

const otherAssets = ({ template }: Wanted, assets: Wanted['template']['assets']): boolean =>
  !isDeepStrictEqual(template.assets, assets);

/** Of the process where there is one: somebody may have changed its limits. */
function resourcesOf(
  { template }: Wanted,
  process: Docker.ContainerInspectInfo | undefined,
  storageWanted: number,
): WorkloadSpec['resources'] {
  const { resources } = template;
  // It only grows, so that more than what is wanted is no difference.
  const storageBytes = resources.storageBytes >= storageWanted ? storageWanted : resources.storageBytes;
  const memoryBytes = process?.HostConfig.Memory || resources.memoryBytes;
  return { cpuMillis: resources.cpuMillis, memoryBytes, storageBytes };
}

/** `repository@sha256:…` of what was pulled, the hash of its configuration where it was loaded. */
async function imageIdOf(
  { docker }: Engine,
  process: Docker.ContainerInspectInfo | undefined,
  image: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (!process?.State.Running || process.Config.Image !== image) return null;
  const { RepoDigests, Id } = await docker.getImage(process.Image).inspect(soon(signal) as {});
  const repository = image.replace(/(@sha256:.*|:[^/:]*)$/, '');
  return RepoDigests?.find((digest) => digest.startsWith(`${repository}@`)) ?? `sha256:${Id.replace(/^sha256:/, '')}`;
}
