import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureDirectory } from './directories.ts';
import { endLeftover, forgetProcess, rememberProcess } from './process-identity.ts';
import type { Report } from './report.ts';

/** What to run, and where its log (`<name>.log`) and process number (`<name>.pid`) go. */
export interface ProcessSpec {
  name: string;
  directory: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  stopSignal: NodeJS.Signals;
  /** How long it may take to end by itself before it is killed. */
  graceMs: number;
}

export interface LocalProcess {
  /** Of the process that runs now; undefined while there is none. */
  pid: () => number | undefined;
  /** Starts it unless it runs. */
  start: () => Promise<void>;
  /** Ends it, gently first. Safe to repeat. */
  stop: () => Promise<void>;
  /** Sends a signal; after SIGKILL it comes back once the process is gone. Nothing starts it again but `start`. */
  kill: (signal: NodeJS.Signals) => Promise<void>;
  /** Rejects with the end of its log when the process ends before `signal` is aborted. */
  failure: (signal: AbortSignal) => Promise<never>;
}

const shortestPauseMs = 500;
const longestPauseMs = 15_000;

/**
 * A child process in a process group of its own: Ctrl-C reaches only us, and we end the parts in order.
 * With `revive`, a process that dies by itself is started again, with growing pauses, and said so.
 */
export function localProcess(spec: ProcessSpec, { revive }: { revive?: Report } = {}): LocalProcess {
  const logFile = join(ensureDirectory(spec.directory), `${spec.name}.log`);
  const pidFile = join(spec.directory, `${spec.name}.pid`);
  let child: ChildProcess | undefined;
  let wanted = false;
  let pauseMs = shortestPauseMs;

  const alive = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function start(): Promise<void> {
    wanted = true;
    if (alive()) return;
    await endLeftover(pidFile, spec.stopSignal);
    const log = openSync(logFile, 'a');
    const started = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await once(started, 'spawn');
    child = started;
    rememberProcess(pidFile, started.pid as number);
    const startedMs = Date.now();
    started.once('exit', (code, signal) => {
      if (Date.now() - startedMs > 60_000) pauseMs = shortestPauseMs;
      if (wanted && revive) void reviveAfter(signal ?? `exit code ${code}`, revive);
    });
  }

  async function reviveAfter(reason: string, report: Report): Promise<void> {
    report(`${spec.name} ended (${reason}), starting it again; see ${logFile}`);
    await delay(pauseMs, undefined, { ref: false });
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    if (!wanted) return;
    await start().catch((error: unknown) => report(`${spec.name} cannot be started: ${String(error)}`));
  }

  async function stop(): Promise<void> {
    wanted = false;
    const ending = child;
    if (ending && alive()) {
      const ended = once(ending, 'exit');
      ending.kill(spec.stopSignal);
      const impatience = setTimeout(() => ending.kill('SIGKILL'), spec.graceMs);
      await ended;
      clearTimeout(impatience);
    }
    forgetProcess(pidFile);
  }

  async function kill(signal: NodeJS.Signals): Promise<void> {
    if (signal === 'SIGKILL') wanted = false;
    if (!child || !alive()) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGKILL') await ended;
  }

  async function failure(signal: AbortSignal): Promise<never> {
    if (child && alive()) await once(child, 'exit', { signal });
    const lastLines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`${spec.name} ended while it was starting. The end of ${logFile}:\n${lastLines}`);
  }

  return { pid: () => (alive() ? child?.pid : undefined), start, stop, kill, failure };
}

/** Starts the process and waits for `ready`; a process that dies meanwhile fails at once, with its log. */
export async function startAndWait(
  running: LocalProcess,
  ready: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  await running.start();
  const settled = new AbortController();
  const failure = running.failure(settled.signal);
  failure.catch(() => undefined);
  try {
    await Promise.race([ready(settled.signal), failure]);
  } finally {
    settled.abort();
  }
}
