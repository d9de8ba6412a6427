export interface Frame {
  /** 1 is output, 2 error output. */
  channel: number;
  body: Buffer;
}

const headerBytes = 8;

/** The engine sends both outputs on one stream, each piece with a head of its channel and length. */
export async function* framesOf(stream: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    for (;;) {
      if (rest.length < headerBytes) break;
      const length = rest.readUInt32BE(4);
      if (rest.length < headerBytes + length) break;
      yield { channel: rest.readUInt8(0), body: rest.subarray(headerBytes, headerBytes + length) };
      rest = rest.subarray(headerBytes + length);
    }
  }
}

export async function collected<T>(pieces: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}
