import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Cluster } from './cluster.ts';
import type { RunningPod } from './running-pod.ts';
import { openSession, type Session } from './session.ts';

/** A program in a pod that ends, with all that it has started, when this side goes away or wants it to. */
export interface GuardedProgram {
  session: Session;
  /** Returns once nothing of it is left, or nobody can tell. */
  end(): Promise<void>;
}

const endsWithinMs = 5_000;

/** In the state folder, marked in its environment. What cannot be started ends with 126 or 127, as in any shell. */
const begin = 'cd "$1" && export OPEN_CLUSTER_CLAW_RUN="$2" && shift 2 && exec "$@"';

/**
 * A cluster leaves programs alone when their connection is gone. So a second one waits beside it for the end of its own
 * input, which also comes with the end of this process, and then ends whatever bears the mark; more than once, for what
 * was just about to start.
 */
const guard = `
cat > /dev/null
for how in HUP KILL KILL; do
  for environment in /proc/[0-9]*/environ; do
    grep -q "OPEN_CLUSTER_CLAW_RUN=$1" "$environment" 2> /dev/null || continue
    process=\${environment#/proc/}
    kill -$how "\${process%/environ}" 2> /dev/null
  done
  sleep 0.2
done`;

export async function startGuarded(
  cluster: Cluster,
  pod: RunningPod,
  command: string[],
  options: Parameters<typeof openSession>[3],
  signal: AbortSignal,
): Promise<GuardedProgram> {
  const mark = randomUUID();
  const guarding = await openSession(cluster, pod, ['sh', '-c', guard, 'sh', mark], { input: true }, signal);
  for (const stream of [guarding.output, guarding.errorOutput]) stream.resume();
  const end = async (): Promise<void> => {
    guarding.end();
    await Promise.race([guarding.exited.catch(() => null), sleep(endsWithinMs, undefined, { ref: false })]);
    guarding.close();
  };
  try {
    const run = ['sh', '-c', begin, 'sh', pod.statePath, mark, ...command];
    return { session: await openSession(cluster, pod, run, options, signal), end };
  } catch (error) {
    await end();
    throw error;
  }
}
