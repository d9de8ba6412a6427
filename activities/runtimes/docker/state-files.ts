import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { FileEntry } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import type { Attempt, Engine } from './engine.ts';
import { withoutWorkload } from './ensure.ts';
import { readRecord, refuseSuperseded } from './record.ts';
import { runTool, type Task } from './tool.ts';

/** @throws Problem 'file.path-refused' */
function requireWithin(path: string): string {
  const parts = path.split('/');
  const leadsOut = path.includes('\0') || path.startsWith('/') || parts.some((part) => part === '..' || part === '.');
  if (leadsOut || path.length > 4096 || (path !== '' && parts.includes(''))) {
    throw new Problem('file.path-refused', 'The path does not stay within the state.');
  }
  return path;
}

async function run(
  engine: Engine,
  ref: InstanceRef,
  task: Task & { path: string },
  content: Readable | undefined,
  signal: AbortSignal,
): Promise<Readable> {
  requireWithin(task.path);
  const record = await readRecord(engine, ref, signal);
  if (!record || record.wanted.removed) throw withoutWorkload();
  const { image, user, state } = record.wanted.template;
  return runTool(engine, { ref, image, user, ...state }, task, content, signal);
}

export async function listFiles(
  engine: Engine,
  ref: InstanceRef,
  path: string,
  signal: AbortSignal,
): Promise<FileEntry[]> {
  return JSON.parse(await text(await run(engine, ref, { verb: 'list', path }, undefined, signal))) as FileEntry[];
}

/** Nothing of it is handed out before it is known that there is such a file. */
export async function readFile(engine: Engine, ref: InstanceRef, path: string, signal: AbortSignal): Promise<Readable> {
  const content = await run(engine, ref, { verb: 'read', path }, undefined, signal);
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error | null): void => {
      content.off('readable', settle).off('end', settle).off('error', settle);
      if (error) reject(error);
      else resolve();
    };
    content.once('readable', settle).once('end', settle).once('error', settle);
  });
  return content;
}

export async function writeFile(ref: InstanceRef, path: string, content: Readable, attempt: Attempt): Promise<void> {
  await refuseLate(ref, attempt);
  await text(await run(attempt.engine, ref, { verb: 'write', path }, content, attempt.signal));
}

export async function removeFile(ref: InstanceRef, path: string, attempt: Attempt): Promise<void> {
  await refuseLate(ref, attempt);
  await text(await run(attempt.engine, ref, { verb: 'remove', path }, undefined, attempt.signal));
}

async function refuseLate(ref: InstanceRef, { engine, fence, signal }: Attempt): Promise<void> {
  const record = await readRecord(engine, ref, signal);
  if (record) refuseSuperseded(record.generation, fence);
  fence.assertValid();
}
