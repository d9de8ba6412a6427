import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { inspect } from 'node:util';

import { lastResumedAtMs } from '../pauses.ts';

type AssertValid = () => void;
type Done = (error?: Error | null) => void;

/**
 * A connection that asks for the right to write last thing before the system call, and on which nothing is sent any
 * more once its process was stopped and went on: whatever waits above it was prepared before that.
 */
class GatedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #assertValid: AssertValid;
  readonly #openedAtMs = performance.now();

  constructor(socket: Socket, assertValid: AssertValid) {
    super();
    this.#socket = socket;
    this.#assertValid = assertValid;
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

  override _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void {
    this._writev([{ chunk, encoding }], done);
  }

  /** All at once: an engine that answers by the head of a request alone may have closed before its body. */
  override _writev(pieces: { chunk: Buffer | string; encoding: BufferEncoding }[], done: Done): void {
    if (this.#socket.connecting) {
      this.#socket.once('connect', () => this._writev(pieces, done));
      return;
    }
    try {
      this.#assertValid();
    } catch (error) {
      done(error as Error);
      return;
    }
    if (lastResumedAtMs() > this.#openedAtMs) {
      done(Object.assign(new Error('The process was stopped since this connection was opened.'), { code: 'ESTALE' }));
      return;
    }
    const whole = pieces.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    this.#socket.write(Buffer.concat(whole), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/**
 * A connection for each request: the engine is on this machine, and a kept one would fail the first request after each
 * start of the engine.
 */
export class EngineAgent extends Agent {
  readonly #assertValid: AssertValid | undefined;

  constructor(assertValid?: AssertValid) {
    super({ keepAlive: false });
    this.#assertValid = assertValid;
  }

  override createConnection(options: { socketPath?: string }): Duplex {
    const socket = connect({ path: options.socketPath ?? '' });
    return this.#assertValid ? new GatedSocket(socket, this.#assertValid) : socket;
  }

  /** The client describes each of its requests for a log that nobody reads, with all that hangs on the agent. */
  [inspect.custom](): string {
    return 'EngineAgent';
  }
}
