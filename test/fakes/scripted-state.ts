import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { Problem } from '../../workflows/contracts/problem.ts';

/** What a scripted agent keeps in its volume. */
export interface AgentState {
  /** Of the newest version that has run on it; an older one refuses it, as OpenClaw does. */
  version: string;
  /** One entry for each turn of work. */
  work: string[];
}

const blockSize = 512;

/** A real compressed archive with one file. */
export function packState(state: AgentState): Buffer {
  const content = Buffer.from(JSON.stringify(state));
  const header = new Header({
    path: 'state.json',
    size: content.length,
    mode: 0o600,
    type: 'File',
    mtime: new Date(0),
  });
  header.encode();
  const padding = Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize);
  return gzipSync(Buffer.concat([header.block ?? Buffer.alloc(0), content, padding, Buffer.alloc(2 * blockSize)]));
}

/** @throws Problem 'backup.failed' where it is not the one that was announced */
export function unpackState(archive: Buffer, sha256: string): AgentState {
  if (createHash('sha256').update(archive).digest('hex') !== sha256) {
    throw new Problem('backup.failed', 'the archive is another one');
  }
  const plain = gunzipSync(archive);
  const { size = 0 } = new Header(plain);
  return JSON.parse(plain.subarray(blockSize, blockSize + size).toString()) as AgentState;
}

/** `2026.9.6` is newer than `2026.9.5`. */
export const isNewer = (one: string, other: string): boolean => one.localeCompare(other, 'en', { numeric: true }) > 0;
