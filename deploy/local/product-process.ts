import { join } from 'node:path';
import { checkout, ensureDirectory } from './directories.ts';
import { rememberedPort } from './ports.ts';
import { endLeftover } from './process-identity.ts';
import { withoutOwner } from './product-environment.ts';
import { localProcess, startAndWait } from './process.ts';
import type { Report } from './report.ts';
import type { Service } from './service.ts';
import { waitUntil } from './wait-until.ts';

const programs = {
  api: { program: 'server/main.ts', graceMs: 15_000 },
  // Its activities get 10 s to end, and 20 s before they are given up.
  worker: { program: 'activities/main.ts', graceMs: 25_000 },
  observer: { program: 'server/observer/main.ts', graceMs: 15_000 },
} as const;

/** Measured: api and observer need 16 to 70 MiB less with it, and no request more time. */
const nodeFlags = ['--max-semi-space-size=8'];

export type ProductProcessName = keyof typeof programs;

export interface ProductProcess extends Service {
  /** Serves /healthz, /readyz and /metrics. */
  healthUrl: string;
  pid(): number | undefined;
}

export interface ProductProcessOptions {
  directory: string;
  /** From `productEnvironment`. */
  environment: NodeJS.ProcessEnv;
  report: Report;
  /** Tells replicas of one process apart: logs and state go by this name. */
  name?: string;
  /** Start it again when it dies by itself. */
  revive?: boolean;
}

async function answersReady(url: string): Promise<void> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url}/readyz answers ${response.status}`);
}

/** Starts one of the product's processes and waits until it says that it is ready. */
export async function startProductProcess(
  kind: ProductProcessName,
  options: ProductProcessOptions,
): Promise<ProductProcess> {
  const { report, name = kind } = options;
  const environment = withoutOwner(options.environment);
  const directory = ensureDirectory(options.directory);
  const { program, graceMs } = programs[kind];
  await endLeftover(join(directory, `${name}.pid`));
  const port = kind === 'api' ? Number(environment.PORT) : await rememberedPort(join(directory, `${name}.health-port`));
  const healthUrl = `http://127.0.0.1:${port}`;
  const running = localProcess(
    {
      name,
      directory,
      command: process.execPath,
      args: [...nodeFlags, join(checkout, program)],
      cwd: checkout,
      env: kind === 'api' ? environment : { ...environment, HEALTH_PORT: String(port) },
      stopSignal: 'SIGTERM',
      graceMs,
    },
    options.revive ? { revive: report } : {},
  );
  const serve = () =>
    startAndWait(running, (signal) => waitUntil(() => answersReady(healthUrl), { timeoutMs: 60_000, signal }));

  report('starting');
  await serve();
  report('ready', 100);

  return {
    healthUrl,
    pid: running.pid,
    stop: running.stop,
    kill: running.kill,
    async restart() {
      await running.stop();
      await serve();
    },
  };
}
