import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectStorage } from '../../deploy/local/object-storage.ts';

export interface StorageFront extends ObjectStorage {
  /** Nothing more goes in: what MinIO answers then. */
  isFull: boolean;
  /** Every connection is cut. */
  isAway: boolean;
  /** It takes connections, begins its answers, and then nothing comes any more; what hangs goes on when it is over. */
  isHanging: boolean;
  /** What goes in is taken at so many bytes a second. */
  takesPerSecond: number;
  stop(): Promise<void>;
}

const fullAnswer =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>XMinioStorageFull</Code><Message>Storage backend has reached its ' +
  'minimum free drive threshold. Please delete a few objects to proceed.</Message></Error>';

/** A door in front of a real S3 server that can be shut, and behind which no space is left on command. */
export async function startStorageFront(behind: ObjectStorage): Promise<StorageFront> {
  const target = new URL(behind.endpoint);
  const ended = new AbortController();
  const { signal } = ended;
  /** The half of the first chunk, and the rest when it does not hang. */
  async function* held(source: AsyncIterable<Buffer>) {
    let isFirst = true;
    for await (const chunk of source) {
      const half = isFirst ? Math.ceil(chunk.length / 2) : 0;
      isFirst = false;
      yield chunk.subarray(0, half);
      while (front.isHanging) await sleep(20, undefined, { signal });
      yield chunk.subarray(half);
    }
  }
  async function* slowed(source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      await sleep((chunk.length / front.takesPerSecond) * 1_000, undefined, { signal });
      yield chunk;
    }
  }
  const server = createServer((incoming, outgoing) => {
    if (front.isAway) return void incoming.socket.destroy();
    // Credentials (POST to the root) are given by a full server too.
    if (front.isFull && (incoming.method === 'PUT' || incoming.method === 'POST') && incoming.url !== '/') {
      incoming.resume();
      return void outgoing.writeHead(507, { 'content-type': 'application/xml' }).end(fullAnswer);
    }
    const { hostname, port } = target;
    const { method, url, headers } = incoming;
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, held, outgoing).catch(() => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    pipeline(incoming, slowed, onward).catch(() => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: StorageFront = {
    ...behind,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isFull: false,
    isAway: false,
    isHanging: false,
    takesPerSecond: Number.POSITIVE_INFINITY,
    stop: () =>
      new Promise((resolve) => {
        ended.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return front;
}
