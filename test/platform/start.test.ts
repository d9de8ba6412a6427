import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defaultOpenClawVersion, officialImageOf } from '../../deploy/local/openclaw-image/index.ts';
import { freePort } from '../../deploy/local/ports.ts';
import type { LocalPostgres } from '../../deploy/local/postgres.ts';
import { storageVariables } from '../../deploy/local/product-environment.ts';
import { reset } from '../../deploy/local/reset.ts';
import { ApiClient } from '../factories/api-client.ts';
import { signIn } from '../factories/people.ts';
import { ownNamespace } from '../workflows/temporal-place.ts';
import { throwAwayDirectory } from './directory.ts';
import { livingParts, npmStart, type StartedByNpm } from './npm-start.ts';
import { startOwnPostgres } from './postgres.ts';
import { ownBucket } from './s3.ts';

// Where nothing was built before, programs of Kubernetes are built first.
const patienceMs = 900_000;

const running: StartedByNpm[] = [];
function start(...options: Parameters<typeof npmStart>): StartedByNpm {
  const started = npmStart(...options);
  running.push(started);
  return started;
}
afterEach(async () => {
  for (const started of running.splice(0)) await started.interrupt();
}, 60_000);

async function administratorOf(started: StartedByNpm): Promise<ApiClient> {
  const { url, name, password } = await started.access;
  return signIn(new ApiClient(url.replace('localhost', '127.0.0.1')), { name, password });
}

/** A tenant, a project, and an instance in it that has nowhere to run yet. @returns the instance's path */
async function createInstance(api: ApiClient): Promise<string> {
  const versions = await api.get('/agent-versions');
  expect(versions.body.items).toMatchObject([
    { version: defaultOpenClawVersion, image: officialImageOf(defaultOpenClawVersion) },
  ]);
  const clusters = await api.get('/clusters');
  const quota = { cpuMillis: 4_000, memoryBytes: 2 ** 33, storageBytes: 2 ** 34, instances: 2 };
  const tenant = await api.post('/tenants', { name: 'acme', quota });
  const project = await api.post('/projects', { tenantId: tenant.body.id, name: 'bots' });
  const created = await api.post('/instances', {
    projectId: project.body.id,
    clusterId: clusters.body.items[0].id,
    agentVersionId: versions.body.items[0].id,
    name: 'assistant',
    resources: { cpu: '100m', memory: '1280Mi', storage: '1Gi' },
  });
  expect(created).toMatchObject({ status: 202, body: { kind: 'instance.provision' } });
  return `/instances/${created.body.instanceId}`;
}

describe('npm start, with everything of its own but a node', () => {
  const data = join(throwAwayDirectory('start'), 'data');
  const servers = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  const everything = ['api', 'object-storage', 'observer', 'postgres', 'start', 'temporal', 'worker', ...servers];
  let path: string;
  afterAll(() => reset(data));

  it(
    'prints how to get in, lets instances be created, and ends everything in order by Ctrl-C',
    async () => {
      const started = start(data, ['--no-node', '--port', String(await freePort(18_080))]);
      const api = await administratorOf(started);
      path = await createInstance(api);
      expect((await api.get(path)).body).toMatchObject({ phase: 'Provisioning' });
      expect(started.said()).toContain('everything runs but the node');
      expect(livingParts(data)).toEqual(everything.toSorted());

      const second = start(data, ['--no-node']);
      expect(await second.ended).toBe(1);
      expect(second.said()).toContain('is in use by another start');

      const { code, lived } = await started.interrupt();
      expect(code).toBe(0);
      expect(started.said()).toContain('everything is stopped');
      expect(livingParts(data)).toEqual([]);
      const product = ['api', 'worker', 'observer'];
      expect([...lived.keys()]).toEqual([...product, 'kubernetes', 'temporal', 'object-storage', 'postgres']);
      // Nobody is left without what it needs: who is told to stop is leaned on by none that still lives.
      expect(lived.get('worker')).not.toContain('api');
      for (const name of product) expect(lived.get('kubernetes')).not.toContain(name);
      for (const name of servers) expect(lived.get('temporal')).not.toContain(name);
      expect(lived.get('postgres')).toEqual(['postgres', 'start']);
    },
    patienceMs,
  );

  it(
    'finds its data again, under the same address and password',
    async () => {
      const before = readFileSync(join(data, 'port'), 'utf8');
      const started = start(data, ['--no-node']);
      const api = await administratorOf(started);
      expect((await started.access).url).toBe(`http://localhost:${before}`);
      expect((await api.get(path)).body).toMatchObject({ name: 'assistant', phase: 'Provisioning' });
      expect((await api.get('/clusters')).body.total).toBe(1);
      expect((await started.interrupt()).code).toBe(0);
      expect(livingParts(data)).toEqual([]);
    },
    patienceMs,
  );
});

describe('npm start, with servers and a cluster that are given', () => {
  const place = throwAwayDirectory('start');
  const data = join(place, 'data');
  const kubeconfig = join(place, 'kubeconfig');
  let postgres: LocalPostgres;
  let given: NodeJS.ProcessEnv;

  beforeAll(async () => {
    postgres = await startOwnPostgres();
    const { address, namespace } = await ownNamespace();
    given = {
      DATABASE_URL: await postgres.database('given'),
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      ...storageVariables(ownBucket()),
    };
    writeFileSync(join(place, 'authority.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    writeFileSync(kubeconfig, kubeconfigOf(await freePort()));
  });
  afterAll(async () => {
    await reset(data);
    await postgres?.stop();
  });

  it('starts the product alone, and registers the cluster of the context that was named', async () => {
    const port = await freePort(18_090);
    const started = start(
      data,
      ['--kubeconfig', kubeconfig, '--context', 'Mine @ work', '--port', String(port)],
      given,
    );
    const api = await administratorOf(started);
    expect((await started.access).url).toBe(`http://localhost:${port}`);
    expect((await api.get('/clusters')).body.items).toMatchObject([{ name: 'mine-work' }]);
    expect(started.said()).toContain('"Mine @ work" is registered as "mine-work"');
    await createInstance(api);
    expect(livingParts(data)).toEqual(['api', 'observer', 'start', 'worker']);

    const { code, lived } = await started.interrupt();
    expect(code).toBe(0);
    expect([...lived.keys()]).toEqual(['api', 'worker', 'observer']);
    expect(livingParts(data)).toEqual([]);
    await expect(postgres.database('given')).resolves.toBeDefined();
  }, 180_000);

  it('takes another port when one is named, with the same data', async () => {
    const port = await freePort(18_190);
    const started = start(
      data,
      ['--kubeconfig', kubeconfig, '--context', 'Mine @ work', '--port', String(port)],
      given,
    );
    const api = await administratorOf(started);
    expect((await started.access).url).toBe(`http://localhost:${port}`);
    expect((await api.get('/clusters')).body.total).toBe(1);
    expect((await api.get('/tenants')).body.items).toMatchObject([{ name: 'acme' }]);
  }, 180_000);

  it('does not start over without its database, whose keys would be gone', async () => {
    const started = start(data, ['--reset'], given);
    expect(await started.ended).toBe(1);
    expect(started.said()).toContain('--reset deletes');
    expect(readFileSync(join(data, 'secrets', 'secrets-key'), 'utf8')).not.toBe('');
  }, 60_000);

  it('says which contexts there are when the named one is not among them, and leaves the rest usable', async () => {
    const started = start(data, ['--kubeconfig', kubeconfig, '--context', 'other'], given);
    expect((await (await administratorOf(started)).get('/clusters')).body.total).toBe(1);
    expect(started.said()).toContain('has no context "other"; it has: Mine @ work, not mine');
  }, 180_000);
});

/** Of two clusters, as a person's file has them; only one is ever to be touched. */
const kubeconfigOf = (port: number): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': 'authority.pem' } },
      { name: 'd', cluster: { server: 'https://127.0.0.1:1', 'certificate-authority': 'authority.pem' } },
    ],
    users: [{ name: 'u', user: { token: 'of-nobody' } }],
    contexts: [
      { name: 'Mine @ work', context: { cluster: 'c', user: 'u' } },
      { name: 'not mine', context: { cluster: 'd', user: 'u' } },
    ],
    'current-context': 'not mine',
  });
