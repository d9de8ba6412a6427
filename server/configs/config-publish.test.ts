import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signInAs } from '../../test/factories/people.ts';
import { platformScope } from '../persistence/database.ts';
import { buildConfigScene, pointersOf, type ConfigScene } from './testing/config-scene.ts';

let scene: ConfigScene;
beforeAll(async () => {
  scene = await buildConfigScene();
});
afterAll(() => scene.close());

const says = (a: unknown) => ({ configuration: { native: { a } } });
const publish = (id: string, body: object = {}) => scene.member.post(`/configs/${id}/publish`, body);
const statuses = async (id: string) => {
  const { body } = await scene.member.get(`/configs/${id}/versions`);
  return Object.fromEntries(
    body.items.map(({ version, status }: { version: number; status: string }) => [version, status]),
  );
};

describe('publishing a version', () => {
  it('makes it the one that new instances get; the one before retires and stays to be read', async () => {
    const config = await scene.createConfig(says(1));
    const first = await publish(config.id, { reason: 'begin' });
    expect(first).toMatchObject({
      status: 200,
      body: { rolloutId: null, config: { status: 'published', publishedVersion: 1, generation: 2 } },
    });
    await scene.nextVersion(config, says(2));
    expect(await statuses(config.id)).toEqual({ 1: 'published', 2: 'draft' });
    expect((await publish(config.id)).body).toMatchObject({ rolloutId: null, config: { publishedVersion: 2 } });
    expect(await statuses(config.id)).toEqual({ 1: 'retired', 2: 'published' });
    expect((await publish(config.id, { version: 7 })).body.code).toBe('config.version-unknown');
    const id = await scene.runningInstance({ templateId: config.id });
    expect((await scene.readInstance(id)).body).toMatchObject({
      templateVersion: 2,
      configuration: { native: { a: 2 } },
    });
  });

  it('brings it to the bound instances by one rollout, in the same transaction', async () => {
    const config = await scene.publishedConfig(says(1));
    const ids = [
      await scene.runningInstance({ templateId: config.id }),
      await scene.runningInstance({ templateId: config.id }),
    ];
    const free = await scene.runningInstance(says(1));
    await scene.nextVersion(config, says(2));
    expect((await scene.member.get(`/configs/${config.id}`)).body).toMatchObject({ instances: 2, outdated: 0 });
    const strategy = { waves: [{ size: { count: 1 } }, { size: { rest: true } }] };
    const { body } = await publish(config.id, { strategy });
    expect(body.config).toMatchObject({ instances: 2, outdated: 2 });
    const rollout = await scene.member.get(`/rollouts/${body.rolloutId}`);
    expect(rollout).toMatchObject({
      status: 200,
      body: { kind: 'configuration', total: 2, change: { templateId: config.id, version: 2 } },
    });
    const targets = (await scene.member.get(`/rollouts/${body.rolloutId}/targets`)).body.items;
    expect(targets.map(({ instanceId }: { instanceId: string }) => instanceId).toSorted()).toEqual(ids.toSorted());
    expect(targets).toMatchObject([{ fromRevision: 1, toRevision: 2 }, { toRevision: 2 }]);
    expect((await scene.readInstance(free)).body.templateId).toBeNull();
  });

  it('makes no rollout where it is not asked to, or where every instance renders to the same bytes', async () => {
    const config = await scene.publishedConfig(says(1));
    const id = await scene.runningInstance({ templateId: config.id });
    await scene.nextVersion(config, { ...says(1), locks: ['/native/a'] });
    const same = await publish(config.id);
    expect(same.body).toMatchObject({ rolloutId: null, config: { outdated: 0 } });
    expect((await scene.readInstance(id)).body).toMatchObject({ templateVersion: 2, revision: 1 });
    await scene.nextVersion(config, says(3));
    const quiet = await publish(config.id, { push: false });
    expect(quiet.body).toMatchObject({ rolloutId: null, config: { outdated: 1 } });
  });

  it('changes nothing at all where one instance cannot be rendered', async () => {
    const config = await scene.publishedConfig(says(1));
    const id = await scene.runningInstance({ templateId: config.id, configuration: { logging: { level: 'debug' } } });
    await scene.nextVersion(config, { configuration: { agent: { model: 'nobody/small' } } });
    const refused = await publish(config.id);
    expect(refused).toMatchObject({ status: 422, body: { code: 'agent.configuration-refused' } });
    expect(pointersOf(refused)).toContain('/template/configuration/agent/model');
    await scene.nextVersion(config, { ...says(1), locks: ['/logging'] });
    const locked = await publish(config.id);
    expect(locked).toMatchObject({ status: 422, body: { code: 'config.value-locked' } });
    expect(await statuses(config.id)).toEqual({ 1: 'published', 2: 'draft', 3: 'draft' });
    expect((await scene.readInstance(id)).body).toMatchObject({ templateVersion: 1, revision: 1 });
    expect((await scene.member.get(`/rollouts?templateId=${config.id}`)).body.total).toBe(0);
  });

  it('is refused where a layer above has locked a value since', async () => {
    const config = await scene.createConfig({ configuration: { limits: { maxConcurrentRuns: 5 } } });
    const path = `/tenants/${scene.tenant.id}/defaults/openclaw`;
    await scene.member.put(path, { configuration: {}, locks: ['/limits'] }, '"0"');
    expect(await publish(config.id)).toMatchObject({ status: 422, body: { code: 'config.value-locked' } });
    const again = await scene.member.post('/configs', {
      tenantId: scene.tenant.id,
      name: 'locked-out',
      agentKind: 'openclaw',
      configuration: { limits: { maxConcurrentRuns: 5 } },
    });
    expect(pointersOf(again)).toEqual(['/configuration/limits/maxConcurrentRuns']);
    await scene.member.put(path, { configuration: {} }, '"1"');
    expect((await publish(config.id)).status).toBe(200);
  });

  it('is done once by two at the same time, one after the other', async () => {
    const config = await scene.createConfig(says(1));
    await scene.nextVersion(config, says(2));
    const answers = await Promise.all([publish(config.id, { version: 1 }), publish(config.id, { version: 2 })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(Object.values(await statuses(config.id)))).toEqual(new Set(['published', 'retired']));
  });
});

describe('rolling a template back', () => {
  it('publishes the version before again, with the reason, and brings it to the instances', async () => {
    const config = await scene.publishedConfig(says(1));
    expect((await scene.member.post(`/configs/${config.id}/rollback`, { reason: 'x' })).body.code).toBe(
      'config.not-published',
    );
    await scene.nextVersion(config, says(2));
    await publish(config.id);
    const id = await scene.runningInstance({ templateId: config.id });
    const back = await scene.member.post(`/configs/${config.id}/rollback`, { reason: 'it broke' });
    expect(back).toMatchObject({ status: 200, body: { config: { publishedVersion: 1, outdated: 1 } } });
    expect(await statuses(config.id)).toEqual({ 1: 'published', 2: 'retired' });
    const targets = await scene.member.get(`/rollouts/${back.body.rolloutId}/targets`);
    expect(targets.body.items).toMatchObject([{ instanceId: id }]);
    const [entry] = await scene.api.db.transaction(platformScope(), (tx) =>
      tx.query(`select detail from audit_entries where object_id = ? and action = 'config.rollback'`, [config.id]),
    );
    expect(entry).toMatchObject({ detail: { version: 1, before: 2, reason: 'it broke' } });
    expect((await scene.member.post(`/configs/${config.id}/rollback`, {})).status).toBe(422);
  });

  it('needs the right to publish, as publishing does', async () => {
    const config = await scene.publishedConfig(says(1));
    const viewer = await signInAs(scene.api, { role: 'viewer', tenantId: scene.tenant.id });
    const body = { toVersion: 1, reason: 'x' };
    expect((await viewer.post(`/configs/${config.id}/rollback`, body)).status).toBe(403);
    const operator = await signInAs(scene.api, { role: 'operator', tenantId: scene.tenant.id });
    expect((await operator.post(`/configs/${config.id}/rollback`, body)).status).toBe(200);
  });
});

describe('a project', () => {
  it('goes with its templates, defaults and rollouts once its instances are gone', async () => {
    const { body: project } = await scene.member.post('/projects', { tenantId: scene.tenant.id, name: 'short-lived' });
    const config = await scene.publishedConfig({ ...says(1), projectId: project.id });
    const id = await scene.runningInstance({ templateId: config.id, projectId: project.id });
    await scene.nextVersion(config, says(2));
    const { rolloutId } = (await publish(config.id)).body;
    expect(rolloutId).not.toBeNull();
    await scene.member.put(`/projects/${project.id}/defaults/openclaw`, { configuration: {} }, '"0"');
    const { name } = (await scene.readInstance(id)).body;
    const { headers } = await scene.readInstance(id);
    const removal = await scene.member.request('DELETE', `/instances/${id}?purge=true&confirm=${name}`, {
      headers: { 'If-Match': headers.get('ETag') ?? '' },
    });
    await scene.settle(removal.body.id);
    expect((await scene.member.delete(`/projects/${project.id}`, '"1"')).status).toBe(204);
    expect((await scene.member.get(`/configs/${config.id}`)).status).toBe(404);
    expect((await scene.member.get(`/rollouts/${rolloutId}`)).status).toBe(404);
  });
});
