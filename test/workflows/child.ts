import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/local/ports.ts';
import { localProcess, startAndWait } from '../../deploy/local/process.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';

export interface Child {
  pid(): number | undefined;
  healthUrl: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** After SIGKILL it stays away until `start`. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** One of the product's processes as a real child, so that a test can kill or freeze it. */
export async function startChild(
  kind: 'worker' | 'observer',
  { directory, name = kind, environment }: { directory: string; name?: string; environment: NodeJS.ProcessEnv },
): Promise<Child> {
  const port = await freePort();
  const healthUrl = `http://127.0.0.1:${port}`;
  const running = localProcess({
    name,
    directory,
    command: process.execPath,
    args: [fileURLToPath(new URL(`programs/${kind}.ts`, import.meta.url))],
    cwd: directory,
    env: { ...environment, HEALTH_PORT: String(port) },
    stopSignal: 'SIGTERM',
    graceMs: 25_000,
  });
  const answersReady = async (): Promise<void> => {
    const response = await fetch(`${healthUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${name} answers ${response.status}`);
  };
  const start = (): Promise<void> =>
    startAndWait(running, (signal) => waitUntil(answersReady, { timeoutMs: 60_000, signal }));
  await start();
  return { pid: running.pid, healthUrl, start, stop: running.stop, kill: running.kill };
}
