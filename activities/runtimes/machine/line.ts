import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { broken, FaultMessage, problemOfFault } from './faults.ts';
import { encodeFrame, encodeMessage, framesOf, frameTypes, largestPayload, type Frame } from './frames.ts';
import type { Program } from './host.ts';

const Message = z.union([z.object({ fault: FaultMessage }), z.record(z.string(), z.unknown())]);

/** A connection for one question. It ends with the signal; whoever asked ends it otherwise. */
export interface Line {
  /** What comes: data as it is, and messages. @throws Problem what the other side says, or that it broke off */
  received(): AsyncGenerator<Buffer | Record<string, unknown>>;
  /** The next of them; the last one is a message with `end`. */
  next(): Promise<Buffer | Record<string, unknown>>;
  /** Waits for the first message, which says that all is well so far. */
  accepted(): Promise<void>;
  /** Waits for the last message. */
  outcome(): Promise<unknown>;
  send(type: number, payload?: Uint8Array): Promise<void>;
  /** All of it, and its end; `beforeEnd` may still stop it. */
  sendAll(content: Readable, beforeEnd: () => void): Promise<void>;
  end(): void;
}

export async function openLine(program: Program, question: object, signal: AbortSignal): Promise<Line> {
  const frames = framesOf(program.output);
  const onAbort = (): void => program.end();
  signal.addEventListener('abort', onAbort, { once: true });
  void program.ended.then(() => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();

  async function next(): Promise<Frame> {
    const { value, done } = await frames.next();
    // What it still says is the echo of its end.
    signal.throwIfAborted();
    if (!done) return value;
    throw broken((await program.ended).errorOutput);
  }

  async function nextMessage(): Promise<Record<string, unknown> | Buffer> {
    const { type, payload } = await next();
    if (type !== frameTypes.message) return payload;
    const message = Message.parse(JSON.parse(payload.toString('utf8')));
    if ('fault' in message) throw problemOfFault(FaultMessage.parse(message.fault));
    return message;
  }

  async function write(frame: Buffer): Promise<void> {
    if (program.input.write(frame)) return;
    // One that has ended takes nothing more: what it said is the answer.
    await Promise.race([once(program.input, 'drain'), program.ended]);
  }

  await write(encodeMessage(question));
  return {
    next: nextMessage,
    async *received() {
      try {
        for (;;) {
          const message = await nextMessage();
          if (!Buffer.isBuffer(message) && 'end' in message) return;
          yield message;
        }
      } finally {
        program.end();
      }
    },
    async accepted() {
      const message = await nextMessage();
      if (Buffer.isBuffer(message) || !('ok' in message)) throw broken();
    },
    async outcome() {
      for (;;) {
        const message = await nextMessage();
        if (!Buffer.isBuffer(message) && 'end' in message) return message['end'];
      }
    },
    send: (type, payload) => write(encodeFrame(type, payload)),
    async sendAll(content, beforeEnd) {
      for await (const chunk of content) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
        for (let at = 0; at < bytes.length; at += largestPayload) {
          await write(encodeFrame(frameTypes.data, bytes.subarray(at, at + largestPayload)));
        }
      }
      signal.throwIfAborted();
      beforeEnd();
      await write(encodeFrame(frameTypes.end));
    },
    end: () => program.end(),
  };
}
