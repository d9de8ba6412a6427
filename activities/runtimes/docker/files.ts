import { posix } from 'node:path';
import type { Readable } from 'node:stream';

import type { WorkloadSpec } from '../runtime.ts';
import {
  archiveOf,
  filesOf,
  foldersAbove,
  pathsOf,
  readOnlyFiles,
  requireInside,
  type ArchiveEntry,
} from './archive.ts';
import { soon, undefinedWhenMissing, type Attempt, type Engine } from './engine.ts';
import { contentHash, sorted, tenantLabels } from './names.ts';
import { confined } from './confined.ts';
import type { StoredRecord } from './record.ts';

/** As the kubelet does: files lie in a folder of their own, and one link makes all of them current at once. */
const current = '..data';

async function put(
  { engine, signal }: Pick<Attempt, 'engine' | 'signal'>,
  containerId: string,
  path: string,
  entries: readonly ArchiveEntry[],
): Promise<void> {
  await engine.docker.getContainer(containerId).putArchive(archiveOf(entries), { path, ...soon(signal) });
}

/** Of the paths of an archive: the links and folders at the top of the configuration. */
async function namesIn(
  { engine, signal }: Pick<Attempt, 'engine' | 'signal'>,
  containerId: string,
  mountPath: string,
): Promise<string[]> {
  const options = { path: `${mountPath}/.`, ...soon(signal) };
  const archive = await engine.docker.getContainer(containerId).getArchive(options);
  return pathsOf(archive as unknown as Readable);
}

/**
 * An archive adds and replaces, and takes nothing away: what is gone from the configuration is removed by a program of
 * the image, as the superuser over nothing but these files.
 */
async function removeStale(
  record: StoredRecord,
  kept: readonly string[],
  attempt: Pick<Attempt, 'engine' | 'signal'>,
): Promise<void> {
  const { engine, signal } = attempt;
  const { image, configuration } = record.wanted.template;
  const found = (await namesIn(attempt, record.containerId, configuration.mountPath))
    .map((path) => posix.normalize(path).replace(/\/$/, ''))
    .filter((path) => path !== '.');
  const isKept = (path: string): boolean => kept.some((one) => one === path || one.startsWith(`${path}/`));
  const stale = found.filter((path) => !isKept(path));
  // Folders of before take little room, and go with the next file that is gone.
  if (stale.every((path) => path.startsWith('..'))) return;
  const isInside = (path: string): boolean => kept.some((one) => one.startsWith('..') && path.startsWith(`${one}/`));
  const paths = stale.filter((path) => !isInside(path)).map((path) => posix.join(configuration.mountPath, path));
  const container = await engine.docker.createContainer({
    Image: image,
    Entrypoint: ['rm', '-rf', '--', ...paths],
    Cmd: [],
    User: '0:0',
    Labels: tenantLabels(engine.clusterId, 'one-shot', record.tenantId),
    HostConfig: {
      ...confined,
      CapAdd: ['DAC_OVERRIDE'],
      AutoRemove: true,
      NetworkMode: 'none',
      Mounts: [{ Type: 'volume', Source: configuration.volume, Target: configuration.mountPath }],
    },
    ...soon(signal),
  });
  await container.start(soon(signal));
  await container.wait(soon(signal)).catch(undefinedWhenMissing);
}

/** Through the record's mounts, so that the process neither has to run nor to be able to write there. */
export async function putConfigurationFiles(
  record: StoredRecord,
  files: Record<string, string>,
  attempt: Pick<Attempt, 'engine' | 'signal'>,
): Promise<void> {
  const { containerId, wanted } = record;
  const folder = `..${contentHash(sorted(files)).slice(0, 24)}`;
  const paths = Object.keys(files).map(requireInside);
  const root = { mode: 0o777, uid: 0, gid: 0 };
  const links = paths.map((path): ArchiveEntry => {
    const up = '../'.repeat(path.split('/').length - 1);
    return { path, type: 'SymbolicLink', linkpath: `${up}${current}/${path}`, ...root };
  });
  await put(attempt, containerId, wanted.template.configuration.mountPath, [
    ...readOnlyFiles(folder, files),
    ...foldersAbove(paths).map((path): ArchiveEntry => ({ ...root, path: `${path}/`, type: 'Directory', mode: 0o755 })),
    { path: current, type: 'SymbolicLink', linkpath: folder, ...root },
    ...links,
  ]);
  await removeStale(record, [current, folder, ...paths], attempt);
}

export async function readConfigurationFiles(
  { docker }: Engine,
  { containerId, wanted }: StoredRecord,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const { mountPath } = wanted.template.configuration;
  const found = new Map<string, string>();
  const options = { path: `${mountPath}/${current}/.`, ...soon(signal) };
  const archive = await docker.getContainer(containerId).getArchive(options);
  for (const [path, content] of await filesOf(archive as unknown as Readable)) {
    // Docker begins with `./`, Podman without it.
    found.set(posix.normalize(path), content);
  }
  return Object.fromEntries(found);
}

export async function putAssets(
  { containerId }: StoredRecord,
  assets: WorkloadSpec['assets'],
  attempt: Pick<Attempt, 'engine' | 'signal'>,
): Promise<void> {
  for (const { mountPath, files } of assets) await put(attempt, containerId, mountPath, readOnlyFiles('', files));
}

/** The folder that a volume is made with belongs to the superuser wherever the image has none at its place. */
export async function giveState(
  { containerId, wanted }: StoredRecord,
  attempt: Pick<Attempt, 'engine' | 'signal'>,
): Promise<void> {
  const { state, user } = wanted.template;
  const { dir, base } = posix.parse(state.mountPath);
  await put(attempt, containerId, dir, [{ path: `${base}/`, type: 'Directory', mode: 0o700, ...user }]);
}
