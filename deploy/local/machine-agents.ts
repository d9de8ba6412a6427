import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

/** An agent in the middle of something may take so long; who does not want to wait presses Ctrl-C again. */
const restsWithinMs = 340_000;

/** The supervisord of a machine's folder, while it lives: its lock names it, and is locked for as long. */
function supervisorOf(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, 'run', 'supervisord.pid'), 'utf8'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes(directory) ? pid : undefined;
  } catch {
    return undefined; // none was ever started, or it has ended
  }
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
