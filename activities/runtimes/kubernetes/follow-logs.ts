import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { LogLine } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import type { Cluster, Query } from './cluster.ts';
import { confirmed } from './denial.ts';
import { isStatus, problemOf } from './faults.ts';
import { LogPosition } from './log-position.ts';
import { containerName, namespaceOf, podNameOf } from './names.ts';
import { pathOf } from './objects.ts';

/** Also between two looks for the process that follows. */
const pollMs = 500;
const longestPauseMs = 15_000;

/** A container that has started at least once. */
interface Source {
  uid: string;
  restarts: number;
}

/**
 * One request for each process, and for each connection that broke off. Where the one before broke off is known by the
 * time of its last line, which the cluster counts in whole seconds: what comes again is left out.
 */
export async function* followLogs(
  cluster: Cluster,
  ref: InstanceRef,
  lines: number,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const path = pathOf('Pod', namespaceOf(ref.tenantId), podNameOf(ref.instanceId), 'log');
  const position = new LogPosition();
  let followed: Source | undefined;
  const begunAt = new Date();
  let isFirstLook = true;
  let pauseMs = pollMs;
  while (!signal.aborted) {
    try {
      const source = await findSource(cluster, ref, signal);
      if (source) {
        const isNew = source.uid !== followed?.uid;
        if (isNew) position.reset();
        else position.beginAt(begunAt);
        const from: Query = isFirstLook ? { tailLines: lines } : position.query();
        // The end of a process that was replaced while nobody listened.
        if (!isFirstLook && !isNew && source.restarts > (followed?.restarts ?? 0)) {
          yield* position.newOf(read(cluster, path, { ...from, previous: true }, signal));
        }
        followed = source;
        isFirstLook = false;
        yield* position.newOf(read(cluster, path, { ...from, follow: true }, signal));
      }
      isFirstLook = false;
      pauseMs = pollMs;
    } catch (error) {
      if (signal.aborted) return;
      const fault = await confirmed(cluster, problemOf(error, signal), signal);
      if (signal.aborted) return;
      if (!(fault instanceof Problem) || fault.code !== 'cluster.unavailable') throw fault;
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function findSource(cluster: Cluster, ref: InstanceRef, signal: AbortSignal): Promise<Source | undefined> {
  const pod = await cluster.get('Pod', namespaceOf(ref.tenantId), podNameOf(ref.instanceId), signal);
  const container = pod?.status?.containerStatuses?.find(({ name }) => name === containerName);
  const hasStarted = container?.state?.running ?? container?.state?.terminated ?? container?.lastState?.terminated;
  return pod && container && hasStarted ? { uid: pod.metadata.uid, restarts: container.restartCount } : undefined;
}

async function* read(cluster: Cluster, path: string, query: Query, signal: AbortSignal): AsyncGenerator<LogLine> {
  try {
    for await (const line of cluster.lines(path, { container: containerName, timestamps: true, ...query }, signal)) {
      const space = line.indexOf(' ');
      yield { at: line.slice(0, space), text: line.slice(space + 1) };
    }
  } catch (error) {
    // The container is not there yet, or its log is not any more.
    if (!isStatus(error, 400, 404)) throw error;
  }
}
