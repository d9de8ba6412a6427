import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runCommand } from './command.ts';

/** The part of a container image's configuration that says how to run it (names as in the image specification). */
export type ImageSettings = {
  Entrypoint: string[];
  Cmd?: string[];
  Env?: string[];
  User?: string;
  WorkingDir?: string;
  ExposedPorts?: Record<string, object>;
  Labels?: Record<string, string>;
};

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Packs a folder as a container image of one layer, in the format of `docker save`: two JSON files and an archive.
 * @param root what the container sees as `/`; owners and modes are kept
 * @param workDirectory room for a copy of it while packing
 */
export async function writeImageArchive(image: {
  archive: string;
  reference: string;
  root: string;
  settings: ImageSettings;
  workDirectory: string;
  signal?: AbortSignal;
}): Promise<void> {
  const { signal } = image;
  const folder = join(image.workDirectory, 'archive');
  const layer = join(folder, 'layer.tar');
  mkdirSync(folder, { recursive: true });
  // The runtime makes the devices. Sorted, and without access times, so that the same files give the same bytes.
  const options = ['--numeric-owner', '--sort=name', '--exclude=./dev/*', '--format=gnu'];
  await runCommand('tar', [...options, '-cf', layer, '-C', image.root, '.'], { signal });
  const hash = createHash('sha256');
  await pipeline(createReadStream(layer, { highWaterMark: 1024 * 1024 }), hash, { signal });
  const config = {
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    config: image.settings,
    rootfs: { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] },
  };
  const configText = JSON.stringify(config);
  const configFile = `${createHash('sha256').update(configText).digest('hex')}.json`;
  writeFileSync(join(folder, configFile), configText);
  const manifest = [{ Config: configFile, RepoTags: [image.reference], Layers: ['layer.tar'] }];
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  // The manifest first: a reader has it without going through the layer.
  await runCommand('tar', ['-cf', image.archive, '-C', folder, 'manifest.json', configFile, 'layer.tar'], { signal });
  rmSync(folder, { recursive: true, force: true });
}
