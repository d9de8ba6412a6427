import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import type { LogLine } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import { inspectContainer, soon, type Engine } from './engine.ts';
import { isMissing, isStatus } from './faults.ts';
import { collected } from './frames.ts';
import { afterThose, linesOf, type StampedLine } from './log-lines.ts';
import { isOwn, nameOf } from './names.ts';

const pollMs = 500;
const longestPauseMs = 15_000;

/** Of the process that is there; its log has those of the ones before it under the same template. */
export async function tailLogs(
  engine: Engine,
  ref: InstanceRef,
  lines: number,
  signal: AbortSignal,
): Promise<string[]> {
  const process = await inspectContainer(engine, nameOf(ref), signal);
  if (!process || !isOwn(process.Config.Labels, ref)) return [];
  return (await newest(engine, process.Id, lines, signal)).map(({ text }) => text);
}

async function newest({ docker }: Engine, id: string, tail: number, signal: AbortSignal): Promise<StampedLine[]> {
  const options = { stdout: true, stderr: true, timestamps: true, tail, follow: false as const, ...soon(signal) };
  try {
    const log = await docker.getContainer(id).logs(options);
    return await collected(linesOf([log]));
  } catch (error) {
    // It has been removed meanwhile, or has never been started.
    if (isMissing(error) || isStatus(error, 409)) return [];
    throw error;
  }
}

/** Where a log was left: the lines of its newest moment that have been told. */
interface Place {
  id: string;
  at: string;
  told: string[];
}

/**
 * The engine ends a log with its process. What comes after is taken up with the moment of the last line; of that
 * moment those are left out that have been told, and what was there before them: Podman knows whole seconds only.
 */
export async function* followLogs(
  engine: Engine,
  ref: InstanceRef,
  { lines }: { lines: number },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let place: Place | undefined;
  let pauseMs = pollMs;
  let tail: number | 'all' = lines;
  while (!signal.aborted) {
    try {
      const process = await inspectContainer(engine, nameOf(ref), signal);
      if (process && isOwn(process.Config.Labels, ref)) {
        if (place && place.id !== process.Id) tail = 'all';
        if (place?.id !== process.Id) place = { id: process.Id, at: '', told: [] };
        for await (const line of following(engine, place, tail, signal)) {
          pauseMs = pollMs;
          yield line;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isLost(error)) throw error;
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* following(
  { docker }: Engine,
  place: Place,
  tail: number | 'all',
  signal: AbortSignal,
): AsyncGenerator<StampedLine> {
  const since = place.at === '' ? {} : { since: sinceOf(place.at) };
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow: true as const,
    ...since,
    abortSignal: signal,
  };
  const log = await docker.getContainer(place.id).logs({ ...options, ...(place.at === '' && { tail }) } as {});
  const stream = log as unknown as Readable;
  try {
    for await (const line of afterThose(linesOf(stream), place.at, [...place.told])) {
      if (line.at === place.at) place.told.push(line.text);
      else Object.assign(place, { at: line.at, told: [line.text] });
      yield line;
    }
  } finally {
    stream.destroy();
  }
}

/** Seconds with as many digits as the engine gave. */
function sinceOf(at: string): string {
  const seconds = Math.floor(Date.parse(at) / 1000);
  const [, fraction] = /\.(\d+)/.exec(at) ?? [];
  return fraction ? `${seconds}.${fraction}` : String(seconds);
}

/** The engine is away, or the container is: both may come back. */
function isLost(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return (
    isMissing(error) ||
    isStatus(error, 409, 500, 503) ||
    typeof code === 'string' ||
    name === 'TimeoutError' ||
    name === 'AbortError'
  );
}
