import { readdirSync, readFileSync } from 'node:fs';

/** What one part of a running platform has taken so far. */
export interface Taken {
  cpuSeconds: number;
}

const pageBytes = 4_096;

/** What a process holds of the machine's memory now. */
export function residentMiB(pid: number | undefined): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * pageBytes) / 2 ** 20;
}

/** Ticks of the kernel's clock per second, on every Linux that there is. */
const ticksPerSecond = 100;

/** By name; a part's own children, such as the backends of a database, count with it, but ours are parts themselves. */
export function takenBy(parts: Readonly<Record<string, number | undefined>>): Record<string, Taken> {
  const processes = readProcesses();
  return Object.fromEntries(
    Object.entries(parts).map(([name, pid]) => {
      const own = processes.filter((one) => one.pid === pid || (one.parent === pid && pid !== process.pid));
      return [name, { cpuSeconds: own.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond }];
    }),
  );
}

interface OneProcess {
  pid: number;
  parent: number;
  ticks: number;
}

function readProcesses(): OneProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The second field is the name in brackets, which may itself hold spaces and brackets.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        // User and system time, of itself and of its children that have ended.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        return [{ pid: Number(name), parent: Number(fields[1]), ticks }];
      } catch {
        return []; // it has just ended
      }
    });
}
