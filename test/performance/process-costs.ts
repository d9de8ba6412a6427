import { readdirSync, readFileSync } from 'node:fs';

/** What one part of a running platform has taken so far. */
export interface Taken {
  cpuSeconds: number;
  residentMiB: number;
}

/** Ticks of the kernel's clock per second, on every Linux that there is. */
const ticksPerSecond = 100;

/** By name; a part's own children, such as the backends of a database, count with it. */
export function takenBy(parts: Readonly<Record<string, number | undefined>>): Record<string, Taken> {
  const processes = readProcesses();
  return Object.fromEntries(
    Object.entries(parts).map(([name, pid]) => {
      const own = processes.filter((one) => one.pid === pid || one.parent === pid);
      return [
        name,
        {
          cpuSeconds: own.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond,
          residentMiB: own.find((one) => one.pid === pid)?.residentMiB ?? 0,
        },
      ];
    }),
  );
}

interface OneProcess {
  pid: number;
  parent: number;
  ticks: number;
  residentMiB: number;
}

function readProcesses(): OneProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The second field is the name in brackets, which may itself hold spaces and brackets.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const [parent, user, system, endedUser, endedSystem, pages] = [1, 11, 12, 13, 14, 21].map((at) =>
          Number(fields[at]),
        ) as [number, number, number, number, number, number];
        const ticks = user + system + endedUser + endedSystem;
        return [{ pid: Number(name), parent, ticks, residentMiB: (pages * 4_096) / 2 ** 20 }];
      } catch {
        return []; // it has just ended
      }
    });
}
