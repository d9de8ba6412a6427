import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster } from '../../test/factories/instances.ts';
import { signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject } from '../../test/factories/tenants.ts';
import { settleOperation } from '../operations/commands/settle-operation.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let admin: ApiClient;
let project: TestProject;
let onImages: string;
let onPackages: string;
let fromImage: string;
let fromPackage: string;
let fromEither: string;

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  project = await buildProject(api.db, await buildTenant(api.db));
  onImages = (await buildCluster(api.db, uniqueName('cluster'), 'docker')).id;
  onPackages = (await buildCluster(api.db, uniqueName('cluster'), 'machine')).id;
  fromImage = await enter({ image: 'openclaw:1' });
  fromPackage = await enter({ package: 'openclaw@1.0.0' });
  fromEither = await enter({ image: 'openclaw:1', package: 'openclaw@1.0.0' });
});
afterAll(() => api.close());

const enter = async (runsFrom: object): Promise<string> =>
  (await admin.post('/agent-versions', { kind: 'openclaw', version: uniqueName('v'), ...runsFrom })).body.id;

const create = (clusterId: string, agentVersionId: string) =>
  admin.post('/instances', { projectId: project.id, clusterId, agentVersionId, name: uniqueName('agent') });

async function running(clusterId: string, agentVersionId: string): Promise<string> {
  const { body } = await create(clusterId, agentVersionId);
  await api.db.transaction(platformScope(), (tx) =>
    settleOperation(tx, body.id, { phase: 'Succeeded', error: null, undone: false }),
  );
  return body.instanceId;
}

const upgrade = async (id: string, agentVersionId: string) =>
  admin.put(
    `/instances/${id}`,
    { agentVersionId, configuration: {} },
    (await admin.get(`/instances/${id}`)).headers.get('ETag') ?? '',
  );

const unfit = (what: string) => ({
  status: 409,
  body: { code: 'agent.version-unfit', detail: expect.stringContaining(`has no ${what}`) },
});

describe('a version that a cluster has nothing to run of', () => {
  it('is refused when an instance is created', async () => {
    expect(await create(onImages, fromPackage)).toMatchObject(unfit('image'));
    expect(await create(onPackages, fromImage)).toMatchObject(unfit('package'));
    for (const clusterId of [onImages, onPackages]) expect((await create(clusterId, fromEither)).status).toBe(202);
  });

  it('is refused when an instance is brought to it, and in the preview of that', async () => {
    const id = await running(onPackages, fromPackage);
    expect(await upgrade(id, fromImage)).toMatchObject(unfit('package'));
    const change = { projectId: project.id, instanceId: id, agentVersionId: fromImage };
    expect(await admin.post('/instances/preview', change)).toMatchObject(unfit('package'));
    expect(await admin.post('/instances/preview', { ...change, agentVersionId: fromEither })).toMatchObject({
      status: 200,
    });
    expect(await upgrade(id, fromEither)).toMatchObject({ status: 202, body: { kind: 'instance.upgrade' } });
  });

  it('leaves those instances of a rollout alone that cannot run it', async () => {
    const labels = { fit: uniqueName('x') };
    const [onImage, onPackage] = [await running(onImages, fromEither), await running(onPackages, fromEither)];
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update instances set labels = ?::jsonb where id = any (?::uuid[])`, [
        JSON.stringify(labels),
        `{${onImage},${onPackage}}`,
      ]),
    );
    const order = {
      name: 'images',
      tenantId: project.tenantId,
      change: { kind: 'image', agentVersionId: fromImage },
      selection: { projectId: project.id, labels },
    };
    const preview = await admin.post('/rollouts/preview', order);
    expect(preview.body.targets).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ instanceId: onImage, refusal: null }),
        expect.objectContaining({
          instanceId: onPackage,
          refusal: { code: 'agent.version-unfit', detail: expect.stringContaining('has no package') },
        }),
      ]),
    );
    const { body } = await admin.post('/rollouts', order);
    const targets = (await admin.get(`/rollouts/${body.id}/targets`)).body.items;
    expect(targets).toContainEqual(
      expect.objectContaining({
        instanceId: onPackage,
        phase: 'Skipped',
        error: expect.objectContaining({ code: 'agent.version-unfit' }),
      }),
    );
  });
});
