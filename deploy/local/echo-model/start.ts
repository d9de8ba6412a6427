import { join } from 'node:path';
import { checkout, ensureDirectory } from '../directories.ts';
import { localProcess, startAndWait } from '../process.ts';
import { endLeftover } from '../process-identity.ts';
import { rememberedPort } from '../ports.ts';
import type { Report } from '../report.ts';
import type { Service } from '../service.ts';
import { waitUntil } from '../wait-until.ts';

export interface EchoModel extends Service {
  /** What a provider of an agent has as its `baseUrl`. */
  url: string;
}

/** A model that repeats what it is told, for a first agent without anybody's key; on this machine only. */
export async function startEchoModel({ directory, report }: { directory: string; report: Report }): Promise<EchoModel> {
  ensureDirectory(directory);
  await endLeftover(join(directory, 'echo-model.pid'));
  const port = await rememberedPort(join(directory, 'port'));
  const url = `http://127.0.0.1:${port}`;
  const server = localProcess(
    {
      name: 'echo-model',
      directory,
      command: process.execPath,
      args: [join(checkout, 'deploy/local/echo-model/main.ts'), String(port)],
      cwd: checkout,
      env: { PATH: process.env['PATH'] },
      stopSignal: 'SIGTERM',
      graceMs: 2_000,
    },
    { revive: report },
  );
  const answers = async (): Promise<void> => {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  };
  const serve = () => startAndWait(server, (signal) => waitUntil(answers, { timeoutMs: 20_000, signal }));
  await serve();
  return {
    url: `${url}/v1`,
    stop: server.stop,
    kill: server.kill,
    async restart() {
      await server.stop();
      await serve();
    },
  };
}
