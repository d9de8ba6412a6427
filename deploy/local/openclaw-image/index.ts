import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../report.ts';
import { runCommand } from '../kubernetes/command.ts';
import { withLock } from '../kubernetes/lock.ts';
import { installDebianPackages } from '../kubernetes/node-requirements.ts';
import { findOnPath } from '../kubernetes/programs.ts';
import { buildImage, recipeText } from './recipe.ts';

/** The OpenClaw version that `npm start` brings along. */
export const defaultOpenClawVersion = '2026.9.6';

/** What its makers publish, for nodes that reach a registry. */
export const officialImageOf = (version: string): string => `openclaw/openclaw:${version}`;

const remedy = 'Where a registry can be reached, enter its image as an agent version instead.';

export type OpenClawImage = {
  /** Name of the image inside a node. */
  reference: string;
  /** Path of the archive (format of `docker save`). */
  archive: string;
};

function placeOf(version: string, cacheDirectory: string): OpenClawImage & { folder: string } {
  const recipe = createHash('sha256').update(recipeText()).update(process.arch).digest('hex').slice(0, 12);
  const folder = join(cacheDirectory, 'openclaw-images');
  return { reference: `localhost/openclaw:${version}`, archive: join(folder, `${version}-${recipe}.tar`), folder };
}

/** True when the image of a version was built before. */
export const hasOpenClawImage = (version: string, cacheDirectory: string): boolean =>
  existsSync(placeOf(version, cacheDirectory).archive);

/**
 * Provides a container image of an OpenClaw version without any registry: from the cache, or built (some two to three
 * minutes, once). Safe to be called by several processes at once.
 * @throws Error that says what is missing and how to get it
 */
export async function ensureOpenClawImage(options: {
  version?: string;
  /** Where images are kept; outlives checkouts. */
  cacheDirectory: string;
  report: Report;
  signal?: AbortSignal;
}): Promise<OpenClawImage> {
  const { version = defaultOpenClawVersion, report, signal } = options;
  const { reference, archive, folder } = placeOf(version, options.cacheDirectory);
  if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) throw new Error(`Not a version of OpenClaw: ${version}`);
  const onWait = (pid: number) => report(`waiting for process ${pid}, which is building the image`);
  const build = async () => {
    if (existsSync(archive)) return;
    await requireBuilder(report);
    mkdirSync(folder, { recursive: true });
    const workDirectory = mkdtempSync(join(folder, `${version}.`));
    try {
      const unfinished = join(workDirectory, 'image.tar');
      await buildImage({ version, reference, workDirectory, archive: unfinished, report, signal });
      renameSync(unfinished, archive);
    } finally {
      // By another program: a Debian root has folders and links that a recursive removal in here is slow with.
      await runCommand('rm', ['-rf', workDirectory]);
    }
  };
  if (!existsSync(archive)) await withLock(`${archive}.lock`, build, { onWait, signal });
  return { reference, archive };
}

async function requireBuilder(report: Report): Promise<void> {
  const problem = 'An OpenClaw image cannot be built here';
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(`${problem}: it needs root on Linux. ${remedy}`);
  }
  if (findOnPath('mmdebstrap')) return;
  if (!findOnPath('apt-get')) throw new Error(`${problem}: install mmdebstrap. ${remedy}`);
  await installDebianPackages(['mmdebstrap'], report).catch((error: unknown) => {
    throw new Error(
      `${problem}: mmdebstrap is missing, and apt-get could not install it. ${remedy}\n${String(error)}`,
      { cause: error },
    );
  });
}
