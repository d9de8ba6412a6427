import { existsSync } from 'node:fs';
import { runCommand } from './command.ts';
import { readLayout, type Layout } from './layout.ts';

/** containerd keeps what the kubelet sees in a namespace of its own. */
const inNode = (layout: Layout) => ['--address', layout.containerdSocket, '--namespace', 'k8s.io'];

async function imageNames(layout: Layout): Promise<string[]> {
  return (await runCommand('ctr', [...inNode(layout), 'images', 'list', '--quiet'])).split('\n');
}

/** True when the node has an image of this name. */
export async function hasImage(layout: Layout, reference: string): Promise<boolean> {
  return (await imageNames(layout)).includes(reference);
}

/** What an archive in the format of `docker save` holds. */
async function readManifest(archive: string): Promise<{ names: string[]; configDigest: string }[]> {
  const text = await runCommand('tar', ['-xOf', archive, 'manifest.json']);
  const entries = JSON.parse(text) as { Config: string; RepoTags: string[] | null }[];
  return entries.map(({ Config, RepoTags }) => ({
    names: RepoTags ?? [],
    // Either blobs/sha256/<digest> or <digest>.json.
    configDigest: `sha256:${/([0-9a-f]{64})/.exec(Config)?.[1] ?? ''}`,
  }));
}

/**
 * Imports the images of an archive (format of `docker save`); does nothing when the node has them already.
 * @returns their names
 */
export async function importImage(layout: Layout, archive: string): Promise<string[]> {
  const images = await readManifest(archive);
  const present = await imageNames(layout);
  const names = images.flatMap((image) => image.names);
  // The kubelet's view lists an image by the digest of its configuration too.
  const wanted = images.flatMap((image) => [...image.names, image.configDigest]);
  if (!wanted.every((name) => present.includes(name))) {
    await runCommand('ctr', [...inNode(layout), 'images', 'import', archive]);
  }
  return names;
}

/**
 * Imports an image archive into the node of a Kubernetes that another process may be running.
 * @returns whether there is such a node
 */
export async function importIntoRunning(directory: string, archive: string): Promise<boolean> {
  const layout = readLayout(directory);
  if (!layout || !existsSync(layout.containerdSocket)) return false;
  await importImage(layout, archive);
  return true;
}

/** Forgets the containers of an earlier run: their processes are gone, and the kubelet makes them anew. */
export async function removeContainers(layout: Layout): Promise<number> {
  const listed = await runCommand('ctr', [...inNode(layout), 'containers', 'list', '--quiet']);
  const ids = listed.split('\n').filter(Boolean);
  if (ids.length > 0) await runCommand('ctr', [...inNode(layout), 'containers', 'remove', ...ids]);
  return ids.length;
}

/** The first process of every running container. */
export async function containerPids(layout: Layout): Promise<number[]> {
  const table = await runCommand('ctr', [...inNode(layout), 'tasks', 'list']);
  const rows = table.split('\n').slice(1).filter(Boolean);
  return rows.map((row) => Number(row.split(/\s+/)[1])).filter((pid) => pid > 0);
}
