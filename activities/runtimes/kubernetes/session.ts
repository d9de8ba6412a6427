import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Status } from '@kubernetes/client-node';

import { Problem } from '../../../workflows/contracts/problem.ts';
import { abortable, Inbound, loadClient } from './client.ts';
import type { Cluster } from './cluster.ts';

/** Where a program shall run. */
export interface SessionPlace {
  namespace: string;
  podName: string;
  container: string;
}

/** A program that was started in a container, over one WebSocket. */
export interface Session {
  output: Readable;
  /** Nothing on a terminal, where both are one. */
  errorOutput: Readable;
  /** Resolves when there is room for more. */
  write(content: Buffer | string): Promise<void>;
  /** The end of its input. */
  end(): void;
  resize(columns: number, rows: number): void;
  /** Its exit code; null where the connection broke off before. Rejects where it could not be started. */
  exited: Promise<number | null>;
  /** The connection, not the program: that goes on until it notices. */
  close(): void;
}

interface SessionOptions {
  /** Whether it is given any; without, its input is empty. */
  input: boolean;
  terminal?: { columns: number; rows: number };
}

/** What may lie in the socket before the source has to wait. */
const pendingBytes = 1024 * 1024;
/** Servers bound a single message. */
const messageBytes = 64 * 1024;
const pollMs = 10;
/** Quiet connections are forgotten by what lies in between, and a broken one shows by its silence alone. */
const pingEveryMs = 20_000;

/** @throws Problem 'cluster.denied', 'cluster.unavailable', 'instance.state-conflict' where there is no such container */
export async function openSession(
  cluster: Cluster,
  { namespace, podName, container }: SessionPlace,
  command: string[],
  { input, terminal }: SessionOptions,
  signal: AbortSignal,
): Promise<Session> {
  const { client, config } = await loadClient(cluster.access);
  const toProgram = input ? new PassThrough() : null;
  const screen = terminal && new Screen(terminal);
  const output = screen ?? new Inbound();
  const errorOutput = new Inbound();
  const status = Promise.withResolvers<V1Status | null>();
  const errors = screen ? null : errorOutput;
  const opening = new client.Exec(config).exec(
    namespace,
    podName,
    container,
    command,
    output,
    errors,
    toProgram,
    screen !== undefined,
    status.resolve,
  );
  const socket = await abortable(opening, signal, (late) => late.close()).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : refusalOf(error);
  });
  output.source = errorOutput.source = socket;
  const stopPinging = keepAlive(socket);
  socket.addEventListener('close', () => {
    stopPinging();
    status.resolve(null);
    output.end();
    errorOutput.end();
  });
  const exited = status.promise.then((said) => (said ? exitCodeOf(said) : null));
  exited.catch(() => undefined);
  return {
    output,
    errorOutput,
    write: async (content) => {
      const bytes = Buffer.from(content);
      for (let from = 0; from < bytes.length; from += messageBytes) {
        while (socket.bufferedAmount > pendingBytes && socket.readyState === socket.OPEN) await sleep(pollMs);
        toProgram?.write(bytes.subarray(from, from + messageBytes));
      }
    },
    end: () => void toProgram?.end(),
    resize: (columns, rows) => screen?.measure({ columns, rows }),
    exited,
    close: () => socket.close(),
  };
}

/** The client tells the server the size of whatever has one, and each new one. */
class Screen extends Inbound {
  columns: number;
  rows: number;

  constructor({ columns, rows }: { columns: number; rows: number }) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  measure(size: { columns: number; rows: number }): void {
    Object.assign(this, size);
    this.emit('resize');
  }
}

interface Pinged {
  ping(): void;
  terminate(): void;
  on(event: 'pong', listener: () => void): void;
}

function keepAlive(socket: object): () => void {
  const pinged = socket as Pinged;
  let answered = true;
  pinged.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) return pinged.terminate();
    answered = false;
    pinged.ping();
  }, pingEveryMs);
  return () => clearInterval(timer);
}

function exitCodeOf({ status, reason, message, details }: V1Status): number {
  if (status === 'Success') return 0;
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (reason === 'NonZeroExitCode' && code !== undefined) return Number(code);
  // As a shell would say it.
  if (/executable file not found|no such file or directory/.test(message ?? '')) return 127;
  if (/not found|not running|stopped|does not exist/i.test(message ?? '')) throw withoutProcess();
  throw new Problem('cluster.refused', `The program could not be started: ${message?.slice(0, 500) ?? reason ?? ''}`);
}

function refusalOf(error: unknown): unknown {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  const answer = /server response: (\d+)$/.exec(message)?.[1];
  if (answer === '401' || answer === '403') {
    return new Problem('cluster.denied', 'The cluster does not let the platform run programs in pods.', {
      cause: error,
    });
  }
  // Of the pod, or of the container in it.
  if (answer === '404' || answer === '400') return withoutProcess();
  const why = typeof code === 'string' ? code : message;
  return new Problem('cluster.unavailable', `No connection to the instance’s process (${why.slice(0, 200)}).`, {
    cause: error,
  });
}

export const withoutProcess = (): Problem =>
  new Problem('instance.state-conflict', 'The instance has no running process.');
