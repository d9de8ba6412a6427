import { text } from 'node:stream/consumers';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { ProcessUsage } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { findRunningPod } from './running-pod.ts';
import { openSession } from './session.ts';

/** Of both versions of control groups; a container sees its own ones there. */
const look = `
cd /sys/fs/cgroup
for file in cpu.stat memory.stat cpuacct/cpuacct.usage memory/memory.stat; do
  [ -r $file ] && echo "# $file" && cat $file
done
true`;

/**
 * From the control group of the container itself, looked at in there: the kubelet's figures take a right over whole
 * nodes, which the platform does not want, and a metrics server, where there is one, knows rates of the last minute.
 */
export async function usage(cluster: Cluster, ref: InstanceRef, signal: AbortSignal): Promise<ProcessUsage | null> {
  const pod = await findRunningPod(cluster, ref, signal);
  if (!pod) return null;
  const session = await openSession(cluster, pod, ['sh', '-c', look], { input: false }, signal);
  session.errorOutput.resume();
  const said = await text(session.output).finally(() => session.close());
  const figures = readFigures(said);
  if (!figures) throw new Problem('runtime.unsupported', 'The container does not see its own control group.');
  return { ...figures, restarts: pod.restarts, at: new Date().toISOString() };
}

/**
 * Resident is what is in memory because of processes: their own pages and those of files that they have mapped, but not
 * what the system keeps of files in case they are read again.
 */
export function readFigures(said: string): Pick<ProcessUsage, 'cpuSeconds' | 'memoryBytes'> | null {
  const values = new Map<string, number>();
  let file = '';
  for (const line of said.split('\n')) {
    const [first = '', second] = line.split(' ');
    if (first === '#') file = second ?? '';
    else values.set(second === undefined ? file : first, Number(second ?? first));
  }
  const sum = (...names: string[]): number | undefined => {
    const found = names.map((name) => values.get(name));
    return found.includes(undefined) ? undefined : found.reduce<number>((total, one) => total + (one ?? 0), 0);
  };
  const microseconds = values.get('usage_usec');
  const nanoseconds = values.get('cpuacct/cpuacct.usage');
  const cpuSeconds = nanoseconds === undefined ? microseconds && microseconds / 1e6 : nanoseconds / 1e9;
  const memoryBytes = sum('total_rss', 'total_mapped_file') ?? sum('anon', 'file_mapped');
  return cpuSeconds === undefined || memoryBytes === undefined ? null : { cpuSeconds, memoryBytes };
}
