import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { CommandResult, FileEntry, Inside, LogLine, ProcessUsage } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import { identityOf, stampOf, type Attempt } from './fenced.ts';
import { problemOf } from './faults.ts';
import type { Keeper } from './keeper.ts';
import type { Line } from './line.ts';
import { markVolume } from './power.ts';
import { openTerminal } from './terminal.ts';

const Usage: z.ZodType<ProcessUsage | null> = z
  .object({ cpuSeconds: z.number(), memoryBytes: z.number(), restarts: z.int(), at: z.string() })
  .nullable();
const Entries: z.ZodType<FileEntry[]> = z.array(
  z.object({
    name: z.string(),
    kind: z.enum(['file', 'folder', 'link', 'other']),
    sizeBytes: z.number(),
    modifiedAt: z.string(),
  }),
);
const Result: z.ZodType<CommandResult> = z.object({
  exitCode: z.int().nullable(),
  output: z.string(),
  errorOutput: z.string(),
});
const Told = z.object({ text: z.string().optional(), behind: z.tuple([z.int(), z.int()]).nullable() });

const reconnectsAfterMs = 500;

export function insideOf(keeper: Keeper): Inside {
  const named = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
    try {
      signal.throwIfAborted();
      return await call();
    } catch (error) {
      throw problemOf(error, signal);
    }
  };
  const call = <T>(verb: string, args: object, answer: z.ZodType<T>, signal: AbortSignal) =>
    named(signal, () => keeper.call(verb, args, answer, signal));

  return {
    followLogs: (ref, options, signal) => followLogs(keeper, ref, options.lines, signal),
    exec: (ref, command, signal) =>
      named(signal, async () => {
        const line = await keeper.open('exec', { ...identityOf(ref), ...command }, signal);
        return ended(line, async () => Result.parse(await line.outcome()));
      }),
    openTerminal: (ref, command, signal) => named(signal, () => openTerminal(keeper, ref, command, signal)),
    usage: (ref, signal) => call('usage', identityOf(ref), Usage, signal),
    listFiles: (ref, path, signal) => call('list-files', { ...identityOf(ref), path }, Entries, signal),
    readFile: (ref, path, signal) =>
      named(signal, async () => {
        const line = await keeper.open('read-file', { ...identityOf(ref), path }, signal);
        return contentOf(line, signal);
      }),
    writeFile: (ref, path, content, fence, signal) =>
      named(signal, () => writeFile(ref, path, content, { keeper, fence, signal })),
    removeFile: (ref, path, fence, signal) =>
      named(signal, async () => {
        await markVolume(ref, { keeper, fence, signal });
        fence.assertValid();
        const args = { ...identityOf(ref), path, stamp: stampOf(fence) };
        await keeper.call('remove-file', args, z.null(), signal);
      }),
  };
}

/** What a line brings, once the other side has said that it can; fails where it is not all of it. */
export async function contentOf(line: Line, signal: AbortSignal): Promise<Readable> {
  try {
    await line.accepted();
  } catch (error) {
    line.end();
    throw error;
  }
  async function* content(): AsyncGenerator<Buffer> {
    try {
      for await (const part of line.received()) if (Buffer.isBuffer(part)) yield part;
    } catch (error) {
      throw problemOf(error, signal);
    }
  }
  const stream = Readable.from(content(), { objectMode: false });
  stream.once('close', () => line.end());
  return stream;
}

async function ended<T>(line: Line, outcome: () => Promise<T>): Promise<T> {
  try {
    return await outcome();
  } finally {
    line.end();
  }
}

async function writeFile(ref: InstanceRef, path: string, content: Readable, attempt: Attempt): Promise<void> {
  const { keeper, fence, signal } = attempt;
  await markVolume(ref, attempt);
  const line = await keeper.open('write-file', { ...identityOf(ref), path, stamp: stampOf(fence) }, signal);
  await ended(line, async () => {
    await line.sendAll(content, () => fence.assertValid());
    await line.outcome();
  });
}

/** A line that breaks is taken up behind the last one that was heard. */
async function* followLogs(
  keeper: Keeper,
  ref: InstanceRef,
  lines: number,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let after: z.infer<typeof Told>['behind'] | undefined;
  while (!signal.aborted) {
    try {
      const args = { ...identityOf(ref), lines, ...(after !== undefined && { after }) };
      const line = await keeper.open('follow', args, signal);
      for await (const part of line.received()) {
        if (Buffer.isBuffer(part)) continue;
        const told = Told.parse(part);
        after = told.behind;
        if (told.text !== undefined) yield { at: null, text: told.text };
      }
    } catch (error) {
      if (signal.aborted) return;
      const fault = problemOf(error, signal);
      if (!(fault instanceof Problem) || fault.code !== 'cluster.unavailable') throw fault;
      await sleep(reconnectsAfterMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
