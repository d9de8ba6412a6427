import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { buildConnector } from 'undici';
import { lastResumedAtMs } from '../pauses.ts';

const keepAliveAfterMs = 60_000;

/**
 * A connection on which nothing is sent any more once its process was stopped and went on: requests of before wait in
 * the HTTP client, in HTTP/2 and in TLS, all of them past the last look at the right to write. Here is the last place
 * before the system call. Whoever still has that right repeats the request on a new connection.
 */
class GatedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #openedAtMs = performance.now();

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (lastResumedAtMs() > this.#openedAtMs) {
      done(Object.assign(new Error('The process was stopped since this connection was opened.'), { code: 'ESTALE' }));
      return;
    }
    this.#socket.write(chunk, encoding, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/** As undici's own connector, over gated sockets. */
export function gatedConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connectTls = buildConnector(options);
  return (target, callback) => {
    const port = target.port === '' ? 443 : Number(target.port);
    const socket = connectTcp({ host: target.hostname, port, noDelay: true });
    socket.setKeepAlive(true, keepAliveAfterMs);
    // TLS takes any duplex stream; undici's type asks for the usual one.
    connectTls({ ...target, httpSocket: new GatedSocket(socket) as unknown as Socket }, callback);
  };
}
