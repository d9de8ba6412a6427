import type http from 'node:http';
import type { ClientRequest } from 'node:http';
import type https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const pieceBytes = 128 * 1024;

/** What the S3 client sends its requests with. */
type Transport = Pick<typeof http, 'request'>;

/**
 * Sends a body piece by piece, each when the socket has room for it, and tells of it: the client hands over a whole part
 * at once, so that over a slow line nobody could tell whether it moves.
 */
export function inPieces(transport: typeof http | typeof https, moved: () => void): Transport {
  const request = (...args: Parameters<typeof http.request>): ClientRequest => {
    const outgoing = transport.request(...args);
    const end = outgoing.end.bind(outgoing) as (body?: unknown) => ClientRequest;
    outgoing.end = (body?: unknown) => {
      if (!Buffer.isBuffer(body)) return end(body);
      // Its faults are those of the request, which the client hears of.
      pipeline(Readable.from(piecesOf(body, moved)), outgoing).catch(() => undefined);
      return outgoing;
    };
    return outgoing;
  };
  return { request: request as Transport['request'] };
}

function* piecesOf(body: Buffer, moved: () => void): Generator<Buffer> {
  for (let at = 0; at < body.length; at += pieceBytes) {
    yield body.subarray(at, at + pieceBytes);
    moved();
  }
}
