import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { checkout } from '../../deploy/local/directories.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { reset } from '../../deploy/local/reset.ts';
import { ApiClient } from '../factories/api-client.ts';
import { signIn } from '../factories/people.ts';
import { npmStart, type PrintedAccess, type StartedByNpm } from '../platform/npm-start.ts';
import type { Figure } from './figures.ts';
import { answered, modelOfNobody, succeeded } from './real-product.ts';
import type { BenchOptions } from './run.ts';

/** What is promised, in seconds. */
const targets = {
  machine: { coldPortal: 150, coldReady: 300, warmPortal: 15, warmReady: 45 },
  kubernetes: { coldPortal: 240, coldReady: 1_200, warmPortal: 60, warmReady: null },
} as const;

/**
 * From nothing but a clone to the portal and to the first agent that is ready; then a second start with the same data,
 * until it is ready again. Cold: every cache is a new one, of npm, pip and Go too. Packages of the operating system stay
 * as they are.
 */
export async function benchBoot({ directory, report, keep, warm, kubernetes }: BenchOptions): Promise<Figure[]> {
  const place = warm ? checkout : cloneInto(join(directory, 'clone'));
  const environment = { PATH: pathWithout(checkout), ...(warm ? {} : emptyCaches(join(directory, 'cache'))) };
  const data = join(directory, 'data');
  keep({ stop: () => reset(data) });
  const port = await freePort(18_080);
  const start = (): StartedByNpm => {
    const args = ['--port', String(port), ...(kubernetes ? ['--kubernetes'] : [])];
    const started = npmStart(data, args, environment, place);
    keep({ stop: () => started.interrupt() });
    return started;
  };
  const secondsUntil = async (started: StartedByNpm, sinceMs: number): Promise<number> => {
    await loads(await started.usable);
    return (performance.now() - sinceMs) / 1_000;
  };

  report(warm ? 'starting with what was built before' : 'starting from a clone, with empty caches');
  const firstMs = performance.now();
  const first = start();
  const portal = await secondsUntil(first, firstMs);
  report(`the portal is usable after ${portal.toFixed(0)} s`);
  const administrator = await client(await first.access);
  report('the cluster is ready; creating the first instance');
  const instanceId = await (kubernetes ? createFirstInstance(administrator) : createEchoInstance(administrator));
  const firstReady = (performance.now() - firstMs) / 1_000;
  report(`the first instance is ready after ${firstReady.toFixed(0)} s; stopping`);
  await first.interrupt();

  report('starting again');
  const secondMs = performance.now();
  const secondAt = Date.now();
  const second = start();
  const again = await secondsUntil(second, secondMs);
  await runsAgain(await client(await second.usable), instanceId, secondAt);
  const readyAgain = (performance.now() - secondMs) / 1_000;
  await second.access;
  await second.interrupt();

  const { coldPortal, coldReady, warmPortal, warmReady } = targets[kubernetes ? 'kubernetes' : 'machine'];
  const bounded = (name: string, value: number, atMost: number | null): Figure => ({
    name,
    value,
    unit: 's',
    ...(atMost !== null && { target: { atMost } }),
  });
  return [
    bounded('boot-first-portal', portal, warm ? null : coldPortal),
    bounded('boot-first-instance', firstReady, warm ? null : coldReady),
    bounded('boot-again-portal', again, warmPortal),
    bounded('boot-again-instance', readyAgain, warmReady),
  ];
}

/** A process of after the second start: what was observed before it may not be true any more. */
async function runsAgain(api: ApiClient, instanceId: string, sinceMs: number): Promise<void> {
  await waitUntil(
    async () => {
      const { body } = await api.get(`/instances/${instanceId}`);
      const { phase, observed } = body as {
        phase: string;
        observed: { ready: boolean; startedAt: string | null } | null;
      };
      const isNew = observed?.startedAt ? Date.parse(observed.startedAt) >= sinceMs : false;
      if (phase !== 'Running' || !observed?.ready || !isNew) throw new Error(`the instance is ${phase}`);
    },
    { timeoutMs: 300_000, everyMs: 250 },
  );
}

/** What is committed: a clone has nothing else. */
function cloneInto(folder: string): string {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', checkout, folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
}

function emptyCaches(folder: string): NodeJS.ProcessEnv {
  const empty = (name: string): string => {
    mkdirSync(join(folder, name), { recursive: true });
    return join(folder, name);
  };
  return {
    XDG_CACHE_HOME: empty('xdg'),
    npm_config_cache: empty('npm'),
    PIP_CACHE_DIR: empty('pip'),
    GOCACHE: empty('go-build'),
    GOMODCACHE: empty('go-modules'),
    // Otherwise its files are read-only, and the directory cannot be removed.
    GOFLAGS: `${process.env.GOFLAGS ?? ''} -modcacherw`.trim(),
  };
}

/** The clone must not find the programs of this checkout. */
const pathWithout = (folder: string): string =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.startsWith(folder))
    .join(delimiter);

const client = ({ url, ...person }: PrintedAccess): Promise<ApiClient> =>
  signIn(new ApiClient(url.replace('localhost', '127.0.0.1')), person);

/** A person sees the sign-in, and gets in. */
async function loads(access: PrintedAccess): Promise<void> {
  await waitUntil(
    async () => {
      const page = await fetch(access.url.replace('localhost', '127.0.0.1'));
      if (!page.ok || !(await page.text()).includes('<div id="app">'))
        throw new Error(`the portal answers ${page.status}`);
    },
    { timeoutMs: 10_000 },
  );
  await client(access);
}

async function createFirstInstance(api: ApiClient): Promise<string> {
  const tenantId = await made(api, '/tenants', { name: 'acme' });
  const projectId = await made(api, '/projects', { tenantId, name: 'bots' });
  await made(api, '/secrets', { tenantId, name: 'model-key', value: 'sk-of-nobody' });
  return create(api, { projectId, clusterId: await firstOf(api, '/clusters'), providers: [modelOfNobody] });
}

/** As one click on the first page makes it. */
async function createEchoInstance(api: ApiClient): Promise<string> {
  const { echoModel } = (await answered(api.get('/version'), 200)) as {
    echoModel: { baseUrl: string; model: string };
  };
  const { baseUrl, model } = echoModel;
  const echo = { name: 'echo', baseUrl, api: 'openai-completions', models: [{ id: model }] };
  return create(api, {
    projectId: await firstOf(api, '/projects'),
    clusterId: await firstOf(api, '/clusters'),
    providers: [echo],
  });
}

async function create(
  api: ApiClient,
  { providers, ...place }: { projectId: string; clusterId: string; providers: object[] },
): Promise<string> {
  const agentVersionId = await firstOf(api, '/agent-versions');
  const body = { ...place, agentVersionId, name: 'assistant', configuration: { providers } };
  const { instanceId } = await succeeded(api, api.post('/instances', body));
  if (!instanceId) throw new Error('the operation names no instance');
  return instanceId;
}

const made = async (api: ApiClient, path: string, body: object): Promise<string> =>
  ((await answered(api.post(path, body), 201)) as { id: string }).id;

async function firstOf(api: ApiClient, path: string): Promise<string> {
  const { items } = (await answered(api.get(path), 200)) as { items: { id: string }[] };
  if (!items[0]) throw new Error(`${path} is empty`);
  return items[0].id;
}
