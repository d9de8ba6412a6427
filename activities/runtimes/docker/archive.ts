import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Header, Parser, Pax, type ReadEntry } from 'tar';

import { Problem } from '../../../workflows/contracts/problem.ts';

export interface ArchiveEntry {
  path: string;
  type: 'File' | 'Directory' | 'SymbolicLink';
  mode: number;
  uid: number;
  gid: number;
  content?: string;
  linkpath?: string;
}

const blockBytes = 512;

/** An archive in memory, for files of a configuration's size. */
export function archiveOf(entries: readonly ArchiveEntry[]): Buffer {
  const blocks = entries.flatMap(({ content = '', ...entry }) => {
    const body = Buffer.from(content);
    const header = new Header({ ...entry, size: body.length, mtime: new Date(0) });
    const block = Buffer.alloc(blockBytes);
    const needsMore = header.encode(block);
    const more = needsMore ? [new Pax({ path: entry.path, linkpath: entry.linkpath }).encode()] : [];
    return [...more, block, body, Buffer.alloc((blockBytes - (body.length % blockBytes)) % blockBytes)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

/** The contents of its plain files, by the path in the archive. */
export async function filesOf(archive: Readable): Promise<Map<string, string>> {
  const files: Promise<[string, string]>[] = [];
  await parse(archive, (entry) => {
    if (entry.type !== 'File') {
      entry.resume();
      return;
    }
    files.push(buffer(entry as unknown as Readable).then((body) => [entry.path, body.toString('utf8')]));
  });
  return new Map(await Promise.all(files));
}

export async function pathsOf(archive: Readable): Promise<string[]> {
  const paths: string[] = [];
  await parse(archive, (entry) => {
    paths.push(entry.path);
    entry.resume();
  });
  return paths;
}

async function parse(archive: Readable, onReadEntry: (entry: ReadEntry) => void): Promise<void> {
  const parser = new Parser({ onReadEntry });
  const ended = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
  });
  for await (const chunk of archive) parser.write(chunk as Buffer);
  parser.end();
  await ended;
}

/** Names of files come from adapters and from people: none may lead out of its folder. */
export function requireInside(path: string): string {
  const plain = posix.normalize(path);
  if (path === '' || path.includes('\0') || plain !== path || plain.startsWith('/') || /^\.\.?(\/|$)/.test(plain)) {
    throw new Problem('cluster.refused', `A file cannot be called ${JSON.stringify(path)}.`);
  }
  return path;
}

/** The folders above some files, each before those in it. */
export const foldersAbove = (paths: readonly string[]): string[] => {
  const folders = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(folders)].toSorted();
};

const root = { uid: 0, gid: 0 };

/** Files for an agent to read: of the superuser, so that it cannot write them. */
export function readOnlyFiles(folder: string, files: Record<string, string>): ArchiveEntry[] {
  const paths = Object.keys(files).map(requireInside);
  const within = (path: string) => (folder === '' ? path : `${folder}/${path}`);
  return [
    ...(folder === '' ? [] : [{ path: `${folder}/`, type: 'Directory' as const, mode: 0o755, ...root }]),
    ...foldersAbove(paths).map((path) => ({
      path: `${within(path)}/`,
      type: 'Directory' as const,
      mode: 0o755,
      ...root,
    })),
    ...paths.map((path) => ({
      path: within(path),
      type: 'File' as const,
      mode: 0o444,
      ...root,
      content: files[path] ?? '',
    })),
  ];
}
