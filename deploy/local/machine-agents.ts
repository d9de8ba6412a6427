import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startedAt } from './kubernetes/process-identity.ts';
import { waitUntil } from './wait-until.ts';

/** An agent in the middle of something may take so long; who does not want to wait presses Ctrl-C again. */
const restsWithinMs = 340_000;

/** The supervisord of a machine's folder, while it lives: its lock says which process it is, and since when. */
function supervisorOf(directory: string): number | undefined {
  const lock = join(directory, 'run', 'supervisord.lock');
  if (!existsSync(lock)) return undefined;
  const [pid = '', ...since] = readFileSync(lock, 'utf8').split(' ');
  return pid !== '' && startedAt(Number(pid)) === since.join(' ') ? Number(pid) : undefined;
}

/** Ends the agents of a machine in their own orderly way. Their power stays on: the next start finds it so. */
export async function stopAgents(directory: string): Promise<void> {
  const pid = supervisorOf(directory);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  const hasEnded = async (): Promise<void> => {
    if (supervisorOf(directory) !== undefined) throw new Error('its agents have not ended yet');
  };
  await waitUntil(hasEnded, { timeoutMs: restsWithinMs });
}
