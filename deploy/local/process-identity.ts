import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { startedAt } from './kubernetes/process-identity.ts';
import { waitUntil } from './wait-until.ts';

/** Remembers a process that was started here, so that a later run can end it should this one be killed. */
export function rememberProcess(pidFile: string, pid: number): void {
  writeFileSync(pidFile, JSON.stringify({ pid, startedAt: startedAt(pid) }));
}

export function forgetProcess(pidFile: string): void {
  rmSync(pidFile, { force: true });
}

/** The number of the remembered process while that very process still lives. */
export function livingProcess(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  let remembered: unknown;
  try {
    remembered = JSON.parse(readFileSync(pidFile, 'utf8'));
  } catch {
    return undefined; // Torn by a crash while it was written: nothing can be said of the process.
  }
  const { pid, startedAt: since } = remembered as { pid: number; startedAt?: string };
  return since !== undefined && startedAt(pid) === since ? pid : undefined;
}

/** Ends what a killed former run left behind. */
export async function endLeftover(
  pidFile: string,
  signal: NodeJS.Signals = 'SIGTERM',
  graceMs = 10_000,
): Promise<void> {
  const pid = livingProcess(pidFile);
  if (pid !== undefined) {
    process.kill(pid, signal);
    const ended = () => (livingProcess(pidFile) === undefined ? Promise.resolve() : Promise.reject(new Error('alive')));
    await waitUntil(ended, { timeoutMs: graceMs }).catch(() => process.kill(pid, 'SIGKILL'));
    await waitUntil(ended, { timeoutMs: 5_000 });
  }
  forgetProcess(pidFile);
}
