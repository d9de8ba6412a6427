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

/**
 * From nothing but a clone to the portal and to the first agent that is ready; then a second start with the same data.
 * Cold: every cache is a new one, of npm, pip and Go too. Packages of the operating system stay as they are.
 */
export async function benchBoot({ directory, report, keep, warm }: BenchOptions): Promise<Figure[]> {
  const place = warm ? checkout : cloneInto(join(directory, 'clone'));
  const environment = { PATH: pathWithout(checkout), ...(warm ? {} : emptyCaches(join(directory, 'cache'))) };
  const data = join(directory, 'data');
  keep({ stop: () => reset(data) });
  const port = await freePort(18_080);
  const start = (): StartedByNpm => {
    const started = npmStart(data, ['--port', String(port)], environment, place);
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
  await createFirstInstance(administrator);
  const firstReady = (performance.now() - firstMs) / 1_000;
  report(`the first instance is ready after ${firstReady.toFixed(0)} s; stopping`);
  await first.interrupt();

  report('starting again');
  const secondMs = performance.now();
  const second = start();
  const again = await secondsUntil(second, secondMs);
  await second.access;
  const whole = (performance.now() - secondMs) / 1_000;
  await second.interrupt();

  const cold: Figure[] = [
    { name: 'boot-cold-portal', value: portal, unit: 's', target: { atMost: 240 } },
    { name: 'boot-cold-first-instance', value: firstReady, unit: 's', target: { atMost: 1_200 } },
  ];
  return [
    ...(warm ? [] : cold),
    { name: 'boot-warm-cluster', value: whole, unit: 's' },
    { name: 'boot-warm-portal', value: again, unit: 's', target: { atMost: 60 } },
  ];
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

async function createFirstInstance(api: ApiClient): Promise<void> {
  const created = async (path: string, body: object): Promise<string> =>
    ((await answered(api.post(path, body), 201)) as { id: string }).id;
  const firstOf = async (path: string): Promise<string> => {
    const { items } = (await answered(api.get(path), 200)) as { items: { id: string }[] };
    if (!items[0]) throw new Error(`${path} is empty`);
    return items[0].id;
  };
  const tenantId = await created('/tenants', { name: 'acme' });
  const projectId = await created('/projects', { tenantId, name: 'bots' });
  await created('/secrets', { tenantId, name: 'model-key', value: 'sk-of-nobody' });
  const body = {
    projectId,
    clusterId: await firstOf('/clusters'),
    agentVersionId: await firstOf('/agent-versions'),
    name: 'assistant',
    configuration: { providers: [modelOfNobody] },
  };
  await succeeded(api, api.post('/instances', body));
}
