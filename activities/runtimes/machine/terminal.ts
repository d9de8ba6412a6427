import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Terminal, TerminalCommand } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import { identityOf } from './fenced.ts';
import { frameTypes, largestPayload } from './frames.ts';
import type { Keeper } from './keeper.ts';
import type { Line } from './line.ts';

const wantsMore = 'wants more';
const Exit = z.object({ exitCode: z.int() });

export async function openTerminal(
  keeper: Keeper,
  ref: InstanceRef,
  { command, columns, rows }: TerminalCommand,
  signal: AbortSignal,
): Promise<Terminal> {
  const line = await keeper.open('terminal', { ...identityOf(ref), command, columns, rows }, signal);
  try {
    await line.accepted();
  } catch (error) {
    line.end();
    throw error;
  }
  const exited = Promise.withResolvers<number | null>();
  const stream = streamOf(line);
  const onAbort = (): void => void stream.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => {
    signal.removeEventListener('abort', onAbort);
    line.end();
  });
  pump(line, stream).then(exited.resolve, () => {
    stream.destroy();
    exited.resolve(null);
  });
  return {
    stream,
    exited: exited.promise,
    resize: (newColumns, newRows) =>
      line.send(frameTypes.message, Buffer.from(JSON.stringify({ columns: newColumns, rows: newRows }))),
  };
}

/** Its reader sets the pace: nothing more is taken from the line while it has enough. */
function streamOf(line: Line): Duplex {
  return new Duplex({
    read() {
      this.emit(wantsMore);
    },
    write(chunk: Buffer, _encoding, done) {
      void sendParts(line, chunk, done);
    },
  });
}

async function sendParts(line: Line, chunk: Buffer, done: (error?: Error) => void): Promise<void> {
  try {
    for (let at = 0; at < chunk.length; at += largestPayload) {
      await line.send(frameTypes.data, chunk.subarray(at, at + largestPayload));
    }
  } catch (error) {
    done(error as Error);
    return;
  }
  done();
}

/** @returns the exit code */
async function pump(line: Line, stream: Duplex): Promise<number> {
  for (;;) {
    const part = await line.next();
    if (Buffer.isBuffer(part)) {
      if (!stream.push(part) && !stream.destroyed) await once(stream, wantsMore);
    } else if ('end' in part) {
      stream.push(null);
      return Exit.parse(part['end']).exitCode;
    }
  }
}
