import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import { requireInside } from './archive.ts';
import { refuseBeyondBounds } from './bounds.ts';
import { ensureVolume, removeVolume, type Attempt } from './engine.ts';
import { giveState, putAssets, putConfigurationFiles } from './files.ts';
import { instanceLabels, labels, type Role } from './names.ts';
import { converge } from './process.ts';
import { changeRecord, readRecord, refuseSuperseded, type StoredRecord, type Wanted } from './record.ts';
import { environmentOf, templateOf, type Template } from './template.ts';
import { networkOf, volumesWith } from './tenant-space.ts';

/** Of the one call; the pull goes on, and the next attempt waits for it again. */
const imagePatienceMs = 40_000;

/**
 * The volumes first, which a record mounts; then the record, which is what counts; then the files, through it; and the
 * process last, because it must find them.
 */
export async function ensureInstance(ref: InstanceRef, spec: WorkloadSpec, attempt: Attempt): Promise<void> {
  const { engine, fence, signal } = attempt;
  for (const { files } of [spec.configuration, ...spec.assets]) Object.keys(files).forEach(requireInside);
  const present = await readRecord(engine, ref, signal);
  if (present) refuseSuperseded(present.generation, fence);
  await networkOf(engine, ref.tenantId, signal);
  const template = grown(templateOf(ref, spec), present);
  const next = (before: Wanted | undefined): Wanted => ({
    revision: spec.revision,
    configurationHash: spec.configuration.hash,
    power: before && !before.removed ? before.power : 'off',
    removed: false,
    restart: before?.restart ?? null,
    template,
  });
  await refuseBeyondBounds(engine, ref, next(present?.wanted), signal);
  await engine.images.require(requireImage(spec.image), { patienceMs: imagePatienceMs, late: onItsWay }, signal);
  await ensureVolumes(ref, template, attempt);
  const record = await changeRecord(ref, attempt, (before) => ({
    wanted: next(before),
    environment: environmentOf(spec),
  }));
  if (!record) throw withoutWorkload();
  await giveState(record, attempt);
  await putAssets(record, spec.assets, attempt);
  await putConfigurationFiles(record, spec.configuration.files, attempt);
  await converge(ref, attempt);
  await removeOutdated(ref, template, attempt);
}

/** A volume only grows, and here its size is but a number. */
function grown(template: Template, present: StoredRecord | undefined): Template {
  const { resources } = template;
  const before = present?.wanted.template.resources.storageBytes ?? 0;
  return { ...template, resources: { ...resources, storageBytes: Math.max(before, resources.storageBytes) } };
}

const onItsWay = (said: string): Problem =>
  new Problem('cluster.unavailable', `Pulling: the image is on its way (${said}).`);

async function ensureVolumes(ref: InstanceRef, template: Template, { engine, signal }: Attempt): Promise<void> {
  const ensure = (name: string, role: Role) =>
    ensureVolume(engine, name, instanceLabels(engine.clusterId, role, ref), signal);
  await ensure(template.state.volume, 'state');
  await ensure(template.configuration.volume, 'configuration');
  for (const { volume } of template.assets) await ensure(volume, 'assets');
}

/** Files of templates of before. What a process still uses stays until the next time. */
async function removeOutdated(ref: InstanceRef, template: Template, { engine, signal }: Attempt): Promise<void> {
  const used = [template.configuration, ...template.assets].map(({ volume }) => volume);
  for (const role of ['configuration', 'assets'] satisfies Role[]) {
    for (const { Name } of await volumesWith(
      engine,
      { [labels.instance]: ref.instanceId, [labels.role]: role },
      signal,
    )) {
      if (!used.includes(Name)) await removeVolume(engine, Name, signal);
    }
  }
}

/** The files of a living process. The template stays as it is. */
export async function putConfiguration(ref: InstanceRef, spec: WorkloadSpec, attempt: Attempt): Promise<void> {
  Object.keys(spec.configuration.files).forEach(requireInside);
  // Marked with our generation before anything is written.
  const record = await changeRecord(ref, attempt, (before) => before && { wanted: before });
  if (!record || record.wanted.removed) throw withoutWorkload();
  await putConfigurationFiles(record, spec.configuration.files, attempt);
  await changeRecord(ref, attempt, (before) => {
    if (!before) return undefined;
    return { wanted: { ...before, revision: spec.revision, configurationHash: spec.configuration.hash } };
  });
}

export const withoutWorkload = (): Problem =>
  new Problem('instance.state-conflict', 'The instance has no workload on its cluster. Sync it first.');
