import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../deploy/local/ports.ts';
import { reset } from '../../deploy/local/reset.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { ApiClient, type ApiAnswer } from '../factories/api-client.ts';
import { signIn } from '../factories/people.ts';
import { throwAwayDirectory } from './directory.ts';
import { livingParts, npmStart, type StartedByNpm } from './npm-start.ts';

/** The package of an agent is some 650 MB, and its first start takes a while. */
const patienceMs = 600_000;
const data = join(throwAwayDirectory('start-machine'), 'data');

let started: StartedByNpm;
async function start(...args: string[]): Promise<ApiClient> {
  started = npmStart(data, args);
  const { url, name, password } = await started.access;
  return signIn(new ApiClient(url.replace('localhost', '127.0.0.1')), { name, password });
}

const becomes = (api: ApiClient, path: string, sinceMs: number): Promise<void> =>
  waitUntil(
    async () => {
      const { body } = await api.get(path);
      expect(body).toMatchObject({ phase: 'Running', observed: { ready: true } });
      expect(Date.parse(body.observed.startedAt)).toBeGreaterThanOrEqual(sinceMs);
    },
    { timeoutMs: patienceMs / 2, everyMs: 500 },
  );

/** Processes that run below the data, by what they were called with. */
const remains = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(data) ? [command] : [];
      } catch {
        return []; // it has just ended
      }
    });

describe.skipIf(process.platform !== 'linux')('npm start, on this machine', () => {
  afterEach(async () => void (await started?.interrupt()), 60_000);
  afterAll(() => reset(data));
  let path: string;

  it(
    'brings a real agent with the echo model, and leaves nothing behind',
    async () => {
      const begunMs = Date.now();
      const api = await start('--port', String(await freePort(18_280)));
      const read = async (one: string): Promise<ApiAnswer['body']> => (await api.get(one)).body;
      const [projects, clusters, versions] = await Promise.all(['/projects', '/clusters', '/agent-versions'].map(read));
      const { baseUrl, model } = (await read('/version')).echoModel;
      expect(clusters.items).toMatchObject([{ name: 'this-machine', runtime: 'machine' }]);
      const created = await api.post('/instances', {
        projectId: projects.items[0].id,
        clusterId: clusters.items[0].id,
        agentVersionId: versions.items[0].id,
        name: 'first-agent',
        configuration: { providers: [{ name: 'echo', baseUrl, api: 'openai-completions', models: [{ id: model }] }] },
      });
      expect(created.status).toBe(202);
      path = `/instances/${created.body.instanceId}`;
      await becomes(api, path, begunMs);
      expect((await started.interrupt()).code).toBe(0);
      expect(livingParts(data)).toEqual([]);
      expect(remains()).toEqual([]);
    },
    patienceMs,
  );

  it(
    'has the agent ready again at the next start',
    async () => {
      const begunMs = Date.now();
      await expect(becomes(await start(), path, begunMs)).resolves.toBeUndefined();
    },
    patienceMs,
  );
});
