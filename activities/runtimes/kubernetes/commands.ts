import type { Readable } from 'node:stream';

import type { Command, CommandResult } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { startGuarded } from './guarded.ts';
import { runningPod } from './running-pod.ts';

const keptBytes = 1024 * 1024;

export async function exec(
  cluster: Cluster,
  ref: InstanceRef,
  { command, timeoutMs, input }: Command,
  signal: AbortSignal,
): Promise<CommandResult> {
  const pod = await runningPod(cluster, ref, signal);
  const { session, end } = await startGuarded(cluster, pod, command, { input: input !== undefined }, signal);
  const output = keepEnd(session.output);
  const errorOutput = keepEnd(session.errorOutput);
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const exited = Promise.race([session.exited, aborted(late)]);
    if (input !== undefined) void session.write(input).then(() => session.end());
    const exitCode = await exited;
    signal.throwIfAborted();
    if (exitCode === null && !late.aborted) throw brokenOff();
    return { exitCode, output: output(), errorOutput: errorOutput() };
  } finally {
    await end();
    session.close();
  }
}

const brokenOff = (): Error =>
  Object.assign(new Error('The connection to the program broke off.'), { code: 'ECONNRESET' });

/** Null when it is, and never otherwise. */
function aborted(signal: AbortSignal): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  if (signal.aborted) resolve(null);
  else signal.addEventListener('abort', () => resolve(null), { once: true });
  return promise;
}

function keepEnd(source: Readable): () => string {
  let kept = Buffer.alloc(0);
  let chunks: Buffer[] = [];
  let bytes = 0;
  const join = (): void => {
    kept = Buffer.concat([kept, ...chunks]);
    kept = kept.subarray(Math.max(0, kept.length - keptBytes));
    chunks = [];
    bytes = 0;
  };
  source.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= keptBytes) join();
  });
  return () => {
    join();
    // Not in the middle of a letter.
    let from = 0;
    while (kept.length === keptBytes && from < 4 && ((kept[from] ?? 0) & 0xc0) === 0x80) from += 1;
    return kept.subarray(from).toString('utf8');
  };
}
