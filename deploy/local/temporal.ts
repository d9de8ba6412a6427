import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporalUiPath } from '../../server/temporal-ui/ui-path.ts';
import { searchAttributes } from '../../workflows/contracts/operations.ts';
import { cacheDirectory, ensureDirectory } from './directories.ts';
import { endLeftover } from './process-identity.ts';
import { rememberedPort } from './ports.ts';
import { localProcess, startAndWait } from './process.ts';
import type { Report } from './report.ts';
import type { Service } from './service.ts';
import { ensureTemporal } from './temporal-program.ts';
import { waitUntil } from './wait-until.ts';

const run = promisify(execFile);

/** What operators can filter and read in Temporal UI. */
export const searchAttributeNames: readonly string[] = Object.values(searchAttributes);

/** Fairness works only with one partition per queue; drained worker versions are noticed late by default. */
const dynamicConfig = [
  'matching.enableFairness=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'matching.wv.VersionDrainageStatusRefreshInterval="2s"',
  'matching.wv.VersionDrainageStatusVisibilityGracePeriod="2s"',
];

/** Without write-ahead logging the server manages a quarter of the workflows a second. */
const sqlitePragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];

export interface LocalTemporal extends Service {
  /** `host:port` for clients and workers. */
  address: string;
  namespace: string;
  /** Of its UI, which asks nobody to sign in: the api passes on what may be seen. */
  uiUrl: string;
}

export interface TemporalOptions {
  /** Holds the database, ports and log; made if it does not exist. */
  directory: string;
  report: Report;
  port?: number;
  uiPort?: number;
  /** Start it again when it dies by itself. */
  revive?: boolean;
}

/** Starts Temporal's development server, with its UI, on 127.0.0.1 with the data of `directory`. */
export async function startTemporal(options: TemporalOptions): Promise<LocalTemporal> {
  const { report } = options;
  const directory = ensureDirectory(options.directory);
  const program = await ensureTemporal({ cache: cacheDirectory(), report });
  // First, because what a killed run left behind still holds the remembered ports.
  await endLeftover(join(directory, 'temporal.pid'));
  const port = await rememberedPort(join(directory, 'port'), options.port);
  const uiPort = await rememberedPort(join(directory, 'ui-port'), options.uiPort);
  const address = `127.0.0.1:${port}`;
  const namespace = 'default';

  const flags = [
    ['--ip', '127.0.0.1', '--port', String(port), '--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)],
    // Where the api shows it, behind its own sign-in; and it asks nobody outside for news.
    ['--ui-public-path', temporalUiPath, '--ui-disable-news-fetch'],
    ['--db-filename', join(directory, 'temporal.db'), '--log-level', 'warn'],
    ...sqlitePragmas.map((pragma) => ['--sqlite-pragma', pragma]),
    ...dynamicConfig.map((setting) => ['--dynamic-config-value', setting]),
    ...searchAttributeNames.map((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
  const server = localProcess(
    {
      name: 'temporal',
      directory,
      command: program,
      args: ['server', 'start-dev', ...flags.flat()],
      cwd: directory,
      env: process.env,
      stopSignal: 'SIGTERM',
      graceMs: 10_000,
    },
    options.revive ? { revive: report } : {},
  );

  /** The attributes come last in the server's start: once they are listed, everything else serves. */
  async function knowsSearchAttributes(): Promise<void> {
    const target = ['--address', address, '--namespace', namespace, '--command-timeout', '5s'];
    const { stdout } = await run(program, ['operator', 'search-attribute', 'list', ...target]);
    const missing = searchAttributeNames.filter((name) => !stdout.includes(name));
    if (missing.length > 0) throw new Error(`Temporal does not know the search attributes ${missing.join(', ')}`);
  }

  const serve = () =>
    startAndWait(server, (signal) => waitUntil(knowsSearchAttributes, { timeoutMs: 60_000, everyMs: 200, signal }));

  report('starting');
  await serve();
  report(`Temporal serves on port ${port}`, 100);

  return {
    address,
    namespace,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    stop: server.stop,
    kill: server.kill,
    async restart() {
      await server.stop();
      await serve();
    },
  };
}
