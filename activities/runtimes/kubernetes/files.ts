import { Readable } from 'node:stream';
import { z } from 'zod';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { FileEntry } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import { withoutWorkload } from './ensure.ts';
import { changeFenced, type Attempt } from './fenced.ts';
import { openFileWork, type FileCall } from './file-work.ts';
import { placeOf } from './names.ts';
import type { DnsPolicy } from './workload.ts';

const entriesSchema = z.object({
  entries: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['file', 'folder', 'link', 'other']),
      sizeBytes: z.number(),
      modifiedAt: z.string(),
    }),
  ),
});
/** Of one piece on its way; its length goes before it. */
const pieceBytes = 64 * 1024;
const lengthBytes = 4;
const allHasCome = Buffer.alloc(lengthBytes);

export async function listFiles(path: string, call: FileCall): Promise<FileEntry[]> {
  const { session, answer } = await openFileWork('list', path, call);
  try {
    return entriesSchema.parse(await answer()).entries;
  } finally {
    session.close();
  }
}

export async function readFile(path: string, call: FileCall): Promise<Readable> {
  const { session, answer, content } = await openFileWork('read', path, call);
  try {
    await answer();
  } catch (error) {
    session.close();
    throw error;
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield* content();
    call.signal.throwIfAborted();
    const exitCode = await session.exited;
    if (exitCode !== 0) throw new Problem('cluster.unavailable', 'The connection to the file broke off.');
  }
  const file = Readable.from(whole(), { objectMode: false });
  file.once('close', session.close);
  return file;
}

/** It takes the place of what is there once all of it has come and we may still write. */
export async function writeFile(
  path: string,
  content: Readable,
  ref: InstanceRef,
  attempt: Attempt,
  dnsPolicy: DnsPolicy,
): Promise<void> {
  const { session, answer } = await openFileWork('write', path, await fencedCall(ref, attempt, dnsPolicy));
  try {
    await answer();
    for await (const chunk of content) {
      const bytes = Buffer.from(chunk as Buffer | string);
      for (let from = 0; from < bytes.length; from += pieceBytes) await session.write(pieceOf(bytes, from));
    }
    attempt.signal.throwIfAborted();
    attempt.fence.assertValid();
    await session.write(allHasCome);
    await answer();
  } finally {
    session.close();
  }
}

export async function removeFile(
  path: string,
  ref: InstanceRef,
  attempt: Attempt,
  dnsPolicy: DnsPolicy,
): Promise<void> {
  const { session, answer } = await openFileWork('remove', path, await fencedCall(ref, attempt, dnsPolicy));
  try {
    await answer();
  } finally {
    session.close();
  }
}

/** Marks the claim with our generation first: an older attempt that wakes up late finds it, and gives up. */
async function fencedCall(ref: InstanceRef, attempt: Attempt, dnsPolicy: DnsPolicy): Promise<FileCall> {
  const claim = await changeFenced('PersistentVolumeClaim', placeOf(ref), attempt);
  if (!claim) throw withoutWorkload();
  const { cluster, fence, signal } = attempt;
  return { cluster, ref, dnsPolicy, assertValid: () => fence.assertValid(), signal };
}

function pieceOf(bytes: Buffer, from: number): Buffer {
  const piece = bytes.subarray(from, from + pieceBytes);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(piece.length);
  return Buffer.concat([length, piece]);
}
