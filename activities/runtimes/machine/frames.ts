import type { Readable } from 'node:stream';

/** As `keeper/frames.py`. */
export const frameTypes = { data: 0, message: 1, end: 2 } as const;

export interface Frame {
  type: number;
  payload: Buffer;
}

const headBytes = 5;
export const largestPayload = 64 * 1024;

export function encodeFrame(type: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, headBytes);
  return frame;
}

export const encodeMessage = (value: unknown): Buffer =>
  encodeFrame(frameTypes.message, Buffer.from(JSON.stringify(value)));

/** Frames as they come; what is cut off at the end is none. */
export async function* framesOf(source: Readable): AsyncGenerator<Frame> {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = headBytes;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    held += chunk.length;
    if (held < wanted) continue;
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    for (;;) {
      wanted = rest.length < headBytes ? headBytes : headBytes + rest.readUInt32BE(1);
      if (rest.length < wanted) break;
      yield { type: rest.readUInt8(0), payload: rest.subarray(headBytes, wanted) };
      rest = rest.subarray(wanted);
    }
    chunks = [rest];
    held = rest.length;
  }
}
