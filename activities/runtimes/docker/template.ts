import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import { contentHash, nameOf, sorted } from './names.ts';

interface Mounted {
  mountPath: string;
  volume: string;
}

/** All that makes a process, but for its environment, which is kept as the record's own: it holds secrets. */
export interface Template {
  image: string;
  /** Null: the image's own. */
  command: string[] | null;
  port: number;
  user: { uid: number; gid: number };
  environmentHash: string;
  state: Mounted;
  configuration: Mounted;
  assets: Mounted[];
  scratch: WorkloadSpec['scratch'];
  resources: WorkloadSpec['resources'];
  probes: WorkloadSpec['probes'];
  terminationGraceSeconds: number;
}

/**
 * Volumes of files are named by what they belong to: a process finds the files of its own template, whatever has been
 * put in place for the one that follows it.
 */
export function templateOf(ref: InstanceRef, spec: WorkloadSpec): Template {
  const name = nameOf(ref);
  const fixed = {
    image: requireImage(spec.image),
    command: spec.command ?? null,
    port: spec.port,
    user: { uid: spec.user.uid, gid: spec.user.gid },
    // The instance's own random token among the secrets keeps the hash from being guessed.
    environmentHash: contentHash([ref.instanceId, sorted(spec.environment), sorted(spec.secretEnvironment)]),
    assets: spec.assets.map(({ mountPath, files }, number) => ({
      mountPath,
      volume: `${name}-assets-${number}-${contentHash([mountPath, sorted(files)]).slice(0, 12)}`,
    })),
    scratch: spec.scratch.map(({ mountPath, sizeBytes }) => ({ mountPath, sizeBytes })),
    resources: {
      cpuMillis: spec.resources.cpuMillis,
      memoryBytes: spec.resources.memoryBytes,
      storageBytes: spec.resources.storageBytes,
    },
    probes: spec.probes,
    terminationGraceSeconds: spec.terminationGraceSeconds,
    state: { mountPath: spec.state.mountPath, volume: `${name}-state` },
  };
  const volume = `${name}-config-${contentHash([fixed, spec.configuration.mountPath]).slice(0, 12)}`;
  return { ...fixed, configuration: { mountPath: spec.configuration.mountPath, volume } };
}

/** What the process needs, as the engine takes it: of the plain values first, so that a secret wins. */
export const environmentOf = (spec: Pick<WorkloadSpec, 'environment' | 'secretEnvironment'>): string[] =>
  sorted({ ...spec.environment, ...spec.secretEnvironment }).map(([name, value]) => `${name}=${value}`);

/** The probes are no part of the process: they are asked from outside, so that a change of them needs no new one. */
export const templateHash = (template: Template, restart: string | null): string =>
  contentHash([{ ...template, probes: null }, restart]);
