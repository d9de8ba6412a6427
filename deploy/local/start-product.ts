import { join } from 'node:path';
import { allSettled } from './all-settled.ts';
import { cacheDirectory } from './directories.ts';
import { startEchoModel } from './echo-model/start.ts';
import { useGivenTemporal } from './given-temporal.ts';
import type { TemporalPlace } from './given-temporal.ts';
import type { OrderedStop } from './ordered-stop.ts';
import { startObjectStorage, type ObjectStorage } from './object-storage.ts';
import { rememberedPort, takePort } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { endLeftover } from './process-identity.ts';
import { productEnvironment } from './product-environment.ts';
import { startProductProcess } from './product-process.ts';
import type { ProductProcessName } from './product-process.ts';
import { bundleWorkflows, ensureAdministrator, migrate, releaseWorkers } from './product-tasks.ts';
import type { Administrator } from './product-tasks.ts';
import { reportAs } from './report.ts';
import type { Report } from './report.ts';
import { startTemporal } from './temporal.ts';
import { buildWeb } from './web-build.ts';

const usualPort = 8_080;

export interface StartContext {
  /** The data directory. */
  data: string;
  report: Report;
  parts: OrderedStop;
  /** A model that repeats what it is told, for agents on this machine. */
  echoModel?: boolean;
}

export interface RunningProduct {
  environment: NodeJS.ProcessEnv;
  administrator: Administrator;
}

async function startDatabase({ data, report, parts }: StartContext): Promise<string> {
  const given = process.env.DATABASE_URL;
  if (given) {
    report('postgres: using the one of DATABASE_URL');
    return given;
  }
  const directory = join(data, 'postgres');
  const postgres = await startPostgres({ directory, port: 54_320, revive: true, report: reportAs('postgres', report) });
  await parts.keep('postgres', postgres);
  return postgres.database('open_cluster_claw');
}

async function startWorkflowServer({ data, report, parts }: StartContext): Promise<TemporalPlace> {
  const given = process.env.TEMPORAL_ADDRESS;
  if (given) {
    report(`temporal: using the one at ${given}`);
    return useGivenTemporal(given);
  }
  const directory = join(data, 'temporal');
  const ports = { port: 7_233, uiPort: 8_233 };
  const temporal = await startTemporal({ directory, ...ports, revive: true, report: reportAs('temporal', report) });
  return parts.keep('temporal', temporal);
}

/** Given ones are in the environment already; null leaves them to it. */
async function startStorage({ data, report, parts }: StartContext): Promise<ObjectStorage | null> {
  const given = process.env.S3_ENDPOINT;
  if (given) {
    report(`object storage: using the one at ${given}`);
    return null;
  }
  const directory = join(data, 'object-storage');
  const options = { directory, port: 8_333, revive: true, report: reportAs('object-storage', report) };
  return parts.keep('object-storage', await startObjectStorage(options));
}

async function startEcho({ data, report, parts, echoModel }: StartContext): Promise<string | undefined> {
  if (!echoModel) return undefined;
  const options = { directory: join(data, 'echo-model'), report: reportAs('echo-model', report) };
  return (await parts.keep('echo-model', await startEchoModel(options))).url;
}

async function choosePort({ data, report }: StartContext, named?: number): Promise<number> {
  // What a killed run left behind may still hold the port.
  await endLeftover(join(data, 'api.pid'));
  const file = join(data, 'port');
  if (named === undefined) return rememberedPort(file, usualPort);
  const port = await takePort(file, named);
  if (port !== named) report(`api: port ${named} is taken: using ${port}`);
  return port;
}

/** Brings up servers, schema, administrator and the product's processes; the portal is usable before the last is ready. */
export async function startProduct(context: StartContext, namedPort?: number): Promise<RunningProduct> {
  const { data, report, parts } = context;
  const [databaseOwnerUrl, temporal, storage, webRoot, port, echoModelUrl] = await allSettled([
    startDatabase(context),
    startWorkflowServer(context),
    startStorage(context),
    buildWeb({ cache: cacheDirectory(), report: reportAs('portal', report) }),
    choosePort(context, namedPort),
    startEcho(context),
  ]);
  const place = { directory: data, databaseOwnerUrl, temporal, storage, port, webRoot, echoModelUrl };
  const environment = productEnvironment(place);
  report('database: bringing the schema up to date');
  await migrate(environment);
  const administrator = await ensureAdministrator(environment, join(data, 'secrets', 'administrator-password'));

  const start = async (kind: ProductProcessName) => {
    const options = { directory: data, environment, revive: true, report: reportAs(kind, report) };
    return parts.keep(kind, await startProductProcess(kind, options));
  };
  const startApi = async () => {
    await start('api');
    const { name, password = 'the password it was given' } = administrator;
    report(`portal: usable at ${environment.PUBLIC_URL} as ${name} with ${password}`);
  };
  const startWorker = async () => {
    await bundleWorkflows(environment);
    await start('worker');
    await releaseWorkers(environment);
  };
  await allSettled([startApi(), startWorker(), start('observer')]);
  return { environment, administrator };
}
