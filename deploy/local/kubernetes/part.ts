import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { livingPid, processIdentity } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

const largestLogBytes = 20 * 1024 * 1024;

/** How one server program is run. */
export type PartPlan<Name extends string = string> = {
  name: Name;
  program: string;
  args: string[];
  env?: Record<string, string>;
  /** Whether it does its work by now. */
  isReady: (startedAtMs: number) => Promise<boolean>;
  readyTimeoutMs?: number;
  /** How long it may take to end by itself once it is asked to; then it is killed. */
  stopTimeoutMs?: number;
};

/** One server program of the local Kubernetes, running or not. */
export type LocalPart<Name extends string = string> = {
  readonly name: Name;
  readonly logFile: string;
  /** Its process, undefined while it does not run. */
  readonly pid: number | undefined;
};

export type RunnablePart<Name extends string = string> = LocalPart<Name> & {
  /** Starts it and waits until it is ready; does nothing when it runs. */
  start: (signal?: AbortSignal) => Promise<void>;
  stop: () => Promise<void>;
  /** Sends a signal; after one that ends it, waits until it is gone. */
  kill: (signal: NodeJS.Signals) => Promise<void>;
};

const pidFile = (directory: string, name: string) => join(directory, 'pids', name);

/** The process a part of an earlier (or this) run left, when it still lives. */
function runningPid(directory: string, name: string): number | undefined {
  const file = pidFile(directory, name);
  return existsSync(file) ? livingPid(readFileSync(file, 'utf8')) : undefined;
}

/** Kills what a run that ended without cleaning up has left of a part. */
export async function killStalePart(directory: string, name: string): Promise<void> {
  const pid = runningPid(directory, name);
  if (pid !== undefined) {
    process.kill(pid, 'SIGKILL');
    await waitUntil(`${name} (process ${pid}) did not end`, () => !runningPid(directory, name), {
      timeoutMs: 20_000,
    });
  }
  rmSync(pidFile(directory, name), { force: true });
}

export function createPart<Name extends string>(
  layout: Layout,
  plan: PartPlan<Name>,
  onUnexpectedEnd: (message: string) => void,
): RunnablePart<Name> {
  const logFile = layout.path('logs', `${plan.name}.log`);
  let endExpected = false;
  const livePid = () => runningPid(layout.directory, plan.name);

  function launch(): void {
    for (const folder of ['logs', 'pids']) mkdirSync(layout.path(folder), { recursive: true });
    if (existsSync(logFile) && statSync(logFile).size > largestLogBytes) renameSync(logFile, `${logFile}.old`);
    const log = openSync(logFile, 'a');
    endExpected = false;
    // A session of its own: Ctrl-C in a terminal must not reach all parts at once, they stop in order.
    const env = { ...process.env, ...plan.env };
    const child = spawn(plan.program, plan.args, {
      cwd: layout.directory,
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.on('error', (error) => onUnexpectedEnd(`${plan.name} could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (!endExpected) onUnexpectedEnd(`${plan.name} ended by itself (${signal ?? code}); its log: ${logFile}`);
    });
    if (child.pid === undefined) return;
    writeFileSync(pidFile(layout.directory, plan.name), processIdentity(child.pid) ?? '');
  }

  async function start(signal?: AbortSignal): Promise<void> {
    if (livePid() !== undefined) return;
    const startedAtMs = Date.now();
    launch();
    const check = async () => {
      if (livePid() === undefined) throw new Error(`${plan.name} ended while starting.\n${lastLines(logFile)}`);
      return plan.isReady(startedAtMs);
    };
    const timeoutMs = plan.readyTimeoutMs ?? 90_000;
    await waitUntil(`${plan.name} was not ready (its log: ${logFile})`, check, {
      timeoutMs,
      signal,
    });
  }

  async function kill(signal: NodeJS.Signals): Promise<void> {
    const pid = livePid();
    if (pid === undefined) return;
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT';
    if (ends) endExpected = true;
    process.kill(pid, signal);
    if (ends)
      await waitUntil(`${plan.name} did not end`, () => livePid() !== pid, {
        timeoutMs: plan.stopTimeoutMs ?? 10_000,
      });
  }

  async function stop(): Promise<void> {
    // A part that a test has stopped with SIGSTOP would not see the request.
    await kill('SIGCONT');
    await kill('SIGTERM').catch(() => kill('SIGKILL'));
    rmSync(pidFile(layout.directory, plan.name), { force: true });
  }

  return {
    name: plan.name,
    logFile,
    get pid() {
      return livePid();
    },
    start,
    stop,
    kill,
  };
}

function lastLines(file: string): string {
  const text = readFileSync(file, 'utf8').trimEnd();
  return `The end of ${file}:\n${text.split('\n').slice(-8).join('\n')}`;
}
