import type { Duplex, Readable, Writable } from 'node:stream';

/** A machine, by the little that the driver needs of it: everything else its own part on it does (keeper/). */
export interface Host {
  /** Starts a program; its words of error come with its end. @throws Problem 'cluster.unavailable', 'cluster.denied' */
  start(command: readonly string[], signal: AbortSignal): Promise<Program>;
  /** A connection to a port on the machine's loopback. */
  connect(port: number, signal: AbortSignal): Promise<Duplex>;
  /** Node and npm that agents are run with; left out: those on the machine's path. */
  readonly tools: Tools;
  close(): Promise<void>;
}

export interface Tools {
  node?: string;
  /** The words that npm is called with. */
  npm?: string[];
}

export interface Program {
  readonly input: Writable;
  readonly output: Readable;
  /** Null where nobody knows how: after a lost connection. Never rejects. */
  readonly ended: Promise<{ exitCode: number | null; errorOutput: string }>;
  /** Takes its input away, with which it ends, and by force a little later; safe to repeat. */
  end(): void;
}

export const longestErrorOutput = 4_000;
