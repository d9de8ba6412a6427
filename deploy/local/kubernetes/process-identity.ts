import { readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

/**
 * When a process was started, in the system's own words: tells it from a later one with the same number.
 * @returns undefined when there is no such process (or only its remains)
 */
export function startedAt(pid: number): string | undefined {
  if (process.platform !== 'linux') return startedAtFromPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === 'X') return undefined;
    // A killed process is a zombie from its first thread's end on, and holds its ports until its last one's.
    if (state === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1) return undefined;
    return startTicks;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function startedAtFromPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch (error) {
    // `ps` answers 1 for a process that does not exist.
    if ((error as { status?: number }).status === 1) return undefined;
    throw error;
  }
}

/** Tells one process from a later one with the same number, also across a reboot. */
export function processIdentity(pid: number): string | undefined {
  const since = startedAt(pid);
  if (since === undefined || process.platform !== 'linux') return since && `${pid} ${since}`;
  return `${pid} ${since} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
}

/** The number of the process that an identity names, when it is still that process. */
export function livingPid(identity: string): number | undefined {
  const pid = Number.parseInt(identity, 10);
  return Number.isInteger(pid) && processIdentity(pid) === identity.trim() ? pid : undefined;
}
