import type { Duplex, Readable } from 'node:stream';
import type { Fence, InstanceRef } from './runtime.ts';

/**
 * What people do inside an instance, the same on every runtime. Faults are those of `Runtime`; besides them
 * `instance.state-conflict` where it takes a running process and there is none.
 */
export interface Inside {
  /**
   * Lines of the agent's output as they come, beginning with the newest `lines` of those that are there, and going on
   * with the processes that follow this one, until `signal` ends it. A lost connection is taken up again where it broke
   * off: no line twice, and none missing while the cluster still has it.
   */
  followLogs(ref: InstanceRef, options: { lines: number }, signal: AbortSignal): AsyncIterable<LogLine>;
  /** A program beside the agent's process, with its user, files and limits, in its state folder. Ends with `timeoutMs`. */
  exec(ref: InstanceRef, command: Command, signal: AbortSignal): Promise<CommandResult>;
  /** A program on a terminal of its own; it ends with the terminal, and the terminal with `signal`. */
  openTerminal(ref: InstanceRef, command: TerminalCommand, signal: AbortSignal): Promise<Terminal>;
  /** What the agent's processes use now, all of them together. Null while none runs. */
  usage(ref: InstanceRef, signal: AbortSignal): Promise<ProcessUsage | null>;
  /**
   * The entries of one folder of the state, by name. `path` is relative to the state's top, with `/`, and '' is the top;
   * one that leads out of it, also through a link, is refused.
   * @throws Problem 'file.path-refused', 'file.unknown'
   */
  listFiles(ref: InstanceRef, path: string, signal: AbortSignal): Promise<FileEntry[]>;
  /** @throws as `listFiles`; what is no plain file is refused */
  readFile(ref: InstanceRef, path: string, signal: AbortSignal): Promise<Readable>;
  /** Whole or not at all; folders above it are made. @throws as `readFile` */
  writeFile(ref: InstanceRef, path: string, content: Readable, fence: Fence, signal: AbortSignal): Promise<void>;
  /** A file, or a folder with all in it; nothing where there is none. @throws as `listFiles`, also for the top itself */
  removeFile(ref: InstanceRef, path: string, fence: Fence, signal: AbortSignal): Promise<void>;
}

export interface LogLine {
  /** RFC 3339 with as many digits as the runtime knows; null where it does not note the time of a line. */
  at: string | null;
  text: string;
}

export interface Command {
  /** Program and arguments; no shell in between. */
  command: string[];
  timeoutMs: number;
  input?: string;
}

export interface CommandResult {
  /** Null where it was ended because its time was over. */
  exitCode: number | null;
  /** Output and error output, at most a mebibyte of each; what is more is cut off at the front. */
  output: string;
  errorOutput: string;
}

export interface TerminalCommand {
  /** Left out: a shell. */
  command?: string[];
  columns: number;
  rows: number;
}

export interface Terminal {
  readonly stream: Duplex;
  resize(columns: number, rows: number): Promise<void>;
  /** Its exit code; null where nobody knows, such as after a lost connection. */
  readonly exited: Promise<number | null>;
}

export interface ProcessUsage {
  /** Used since the process began, in seconds of one core: the rate is the difference of two looks. */
  cpuSeconds: number;
  /** Resident, in bytes. */
  memoryBytes: number;
  /** Of the process under the present template, as in `ObservedInstance`. */
  restarts: number;
  /** RFC 3339 of the look. */
  at: string;
}

export interface FileEntry {
  name: string;
  kind: 'file' | 'folder' | 'link' | 'other';
  sizeBytes: number;
  modifiedAt: string;
}
