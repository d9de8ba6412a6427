import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ObjectStorage } from '../../deploy/local/object-storage.ts';

export interface StorageFront extends ObjectStorage {
  /** Nothing more goes in: what MinIO answers then. */
  isFull: boolean;
  /** Every connection is cut. */
  isAway: boolean;
  stop(): Promise<void>;
}

const fullAnswer =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>XMinioStorageFull</Code><Message>Storage backend has reached its ' +
  'minimum free drive threshold. Please delete a few objects to proceed.</Message></Error>';

/** A door in front of a real S3 server that can be shut, and behind which no space is left on command. */
export async function startStorageFront(behind: ObjectStorage): Promise<StorageFront> {
  const target = new URL(behind.endpoint);
  const server = createServer((incoming, outgoing) => {
    if (front.isAway) return void incoming.socket.destroy();
    if (front.isFull && (incoming.method === 'PUT' || incoming.method === 'POST')) {
      incoming.resume();
      return void outgoing.writeHead(507, { 'content-type': 'application/xml' }).end(fullAnswer);
    }
    const { hostname, port } = target;
    const { method, url, headers } = incoming;
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: StorageFront = {
    ...behind,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isFull: false,
    isAway: false,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return front;
}
