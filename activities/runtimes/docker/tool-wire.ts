import type { Duplex, Readable, Writable } from 'node:stream';

import { Problem } from '../../../workflows/contracts/problem.ts';
import { isProblemCode } from '../../../workflows/contracts/problems.ts';

/** Of what we send; whatever comes before it is none of ours. */
export const beginning = '\u0001open-cluster-claw\u0002';
const largestPiece = 256 * 1024;

interface Verdict {
  ok: boolean;
  code: string | null;
  detail: string;
  /** How much it has put out, before this. */
  outputBytes?: number;
}

/** Undefined as long as it has not been said. */
export function verdictIn(errors: string): Verdict | undefined {
  const [, last] = /(?:^|\n)(\{"ok".*)\n$/.exec(errors) ?? [];
  return last === undefined ? undefined : (JSON.parse(last) as Verdict);
}

/** Has room again, or never will. */
export function drained(stream: Writable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const settle = (): void => {
    stream.off('drain', settle).off('close', settle);
    resolve();
  };
  stream.once('drain', settle).once('close', settle);
  return promise;
}

/** Its last words are the verdict. */
export function requireWell(errors: string): void {
  const verdict = verdictIn(errors);
  if (!verdict) {
    if (/executable file|not found|no such file/i.test(errors)) {
      throw new Problem('runtime.unsupported', 'The image of this agent has no Node, which reading its files takes.');
    }
    throw new Problem('cluster.unavailable', `The connection to the volume broke off. ${errors.trim().slice(-300)}`);
  }
  if (verdict.ok) return;
  const code = verdict.code !== null && isProblemCode(verdict.code) ? verdict.code : 'backup.failed';
  throw new Problem(code, verdict.detail);
}

/** In pieces with their length, and an empty one at the end: a connection that breaks is none. */
export async function feed(content: Readable, wire: Duplex): Promise<void> {
  const send = async (piece: Buffer): Promise<void> => {
    if (wire.destroyed) throw new Problem('cluster.unavailable', 'The connection to the volume broke off.');
    if (!wire.write(piece)) await drained(wire);
  };
  const head = (length: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    return bytes;
  };
  await send(Buffer.from(beginning));
  for await (const chunk of content) {
    const whole = Buffer.from(chunk as Buffer);
    for (let at = 0; at < whole.length; at += largestPiece) {
      const piece = whole.subarray(at, at + largestPiece);
      await send(Buffer.concat([head(piece.length), piece]));
    }
  }
  await send(head(0));
}
