import type { Inside } from '../inside.ts';
import type { Fence } from '../runtime.ts';
import type { Attempt, Engine } from './engine.ts';
import { exec } from './exec.ts';
import { followLogs } from './logs.ts';
import { listFiles, readFile, removeFile, writeFile } from './state-files.ts';
import { openTerminal } from './terminal.ts';
import { usage } from './usage.ts';

interface Calls {
  named<T>(signal: AbortSignal, call: (engine: Engine) => Promise<T>): Promise<T>;
  fenced(fence: Fence, signal: AbortSignal, call: (attempt: Attempt) => Promise<void>): Promise<void>;
}

export const insideOf = (engine: Engine, { named, fenced }: Calls): Inside => ({
  followLogs: (ref, options, signal) => followLogs(engine, ref, options, signal),
  exec: (ref, command, signal) => named(signal, () => exec(engine, ref, command, signal)),
  openTerminal: (ref, command, signal) => named(signal, () => openTerminal(engine, ref, command, signal)),
  usage: (ref, signal) => named(signal, () => usage(engine, ref, signal)),
  listFiles: (ref, path, signal) => named(signal, () => listFiles(engine, ref, path, signal)),
  readFile: (ref, path, signal) => named(signal, () => readFile(engine, ref, path, signal)),
  writeFile: (ref, path, content, fence, signal) =>
    fenced(fence, signal, (attempt) => writeFile(ref, path, content, attempt)),
  removeFile: (ref, path, fence, signal) => fenced(fence, signal, (attempt) => removeFile(ref, path, attempt)),
});
