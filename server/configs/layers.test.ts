import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { signInAs } from '../../test/factories/people.ts';
import { buildProject, buildTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';
import { buildConfigScene, pointersOf, provider, type ConfigScene } from './testing/config-scene.ts';

let scene: ConfigScene;
beforeAll(async () => {
  scene = await buildConfigScene();
});
afterEach(() =>
  scene.api.db.transaction(platformScope(), async (tx) => {
    await tx.query('delete from config_defaults');
    await tx.query('delete from platform_defaults');
  }),
);
afterAll(() => scene.close());

const at = {
  platform: () => '/platform/defaults/openclaw',
  tenant: () => `/tenants/${scene.tenant.id}/defaults/openclaw`,
  project: () => `/projects/${scene.project.id}/defaults/openclaw`,
};
async function setDefaults(layer: keyof typeof at, configuration: object, locks: string[] = []) {
  const who = layer === 'platform' ? scene.admin : scene.member;
  const { headers } = await who.get(at[layer]());
  return who.put(at[layer](), { configuration, locks }, headers.get('ETag') ?? '');
}

describe('defaults of a layer', () => {
  it.each(['platform', 'tenant', 'project'] as const)(
    'of the %s begin as none and are changed by generation',
    async (layer) => {
      const who = layer === 'platform' ? scene.admin : scene.member;
      const none = await who.get(at[layer]());
      expect(none).toMatchObject({
        status: 200,
        body: { layer, agentKind: 'openclaw', configuration: {}, locks: [], generation: 0, updatedAt: null },
      });
      expect(none.headers.get('ETag')).toBe('"0"');
      const wanted = { configuration: { logging: { level: 'warn' } }, locks: ['/logging'] };
      const first = await who.put(at[layer](), wanted, '"0"');
      expect(first).toMatchObject({
        status: 200,
        body: { ...wanted, generation: 1, permissions: ['defaults:update'] },
      });
      expect((await who.put(at[layer](), wanted, '"0"')).status).toBe(412);
      expect((await who.put(at[layer](), { configuration: {} }, '"1"')).body).toMatchObject({
        generation: 2,
        locks: [],
      });
    },
  );

  it('are written once where two write the first ones at the same time', async () => {
    const body = { configuration: { native: { a: 1 } } };
    const answers = await Promise.all([1, 2, 3].map(() => scene.member.put(at.tenant(), body, '"0"')));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412, 412]);
  });

  it('are read by a viewer, set by a tenant’s administrator, and those of the platform by the platform alone', async () => {
    const viewer = await signInAs(scene.api, { role: 'viewer', tenantId: scene.tenant.id });
    const operator = await signInAs(scene.api, { role: 'operator', tenantId: scene.tenant.id });
    const body = { configuration: {} };
    expect((await viewer.get(at.tenant())).body.permissions).toEqual([]);
    expect((await viewer.get(at.project())).status).toBe(200);
    expect((await operator.put(at.tenant(), body, '"0"')).status).toBe(403);
    expect((await operator.put(at.project(), body, '"0"')).status).toBe(403);
    expect((await scene.member.get(at.platform())).status).toBe(403);
    expect((await scene.member.put(at.platform(), body, '"0"')).status).toBe(403);
    const { id: tenantId } = await buildTenant(scene.api.db);
    const stranger = await signInAs(scene.api, { role: 'tenant-administrator', tenantId });
    expect((await stranger.get(at.tenant())).body.code).toBe('tenant.unknown');
    expect((await stranger.put(at.project(), body, '"0"')).body.code).toBe('project.unknown');
  });

  it('are refused where they are no configuration, or set what a higher layer locks', async () => {
    const wrong = await setDefaults('tenant', { agent: { heartbeatMinutes: 'often' }, colour: 'red' });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'request.unfit' } });
    expect(pointersOf(wrong)).toEqual(['/configuration/agent/heartbeatMinutes', '/configuration/colour']);
    expect((await setDefaults('tenant', { native: { a: { $variable: 'x' } } })).status).toBe(422);
    expect((await scene.member.get(`/tenants/${scene.tenant.id}/defaults/abacus`)).body.code).toBe(
      'agent.kind-unknown',
    );

    await setDefaults('platform', { logging: { level: 'warn' } }, ['/logging/level']);
    const locked = await setDefaults('tenant', { logging: { level: 'debug' } });
    expect(locked).toMatchObject({ status: 422, body: { code: 'config.value-locked' } });
    expect(pointersOf(locked)).toEqual(['/configuration/logging/level']);
  });
});

describe('an instance', () => {
  it('has the values of all its layers, each from where it says', async () => {
    await setDefaults('platform', { limits: { maxConcurrentRuns: 2 }, logging: { level: 'warn' } });
    await setDefaults('tenant', { providers: [provider] });
    await setDefaults('project', { limits: { maxConcurrentRuns: 3 } });
    const config = await scene.publishedConfig({
      configuration: { agent: { model: { $variable: 'model' }, heartbeatMinutes: 7 } },
      variables: { properties: { model: { type: 'string', default: 'house/small' } } },
    });
    const order = { templateId: config.id, configuration: { logging: { level: 'debug' } } };
    const preview = await scene.member.post('/instances/preview', {
      projectId: scene.project.id,
      agentVersionId: scene.agentVersionId,
      ...order,
    });
    expect(preview).toMatchObject({ status: 200, body: { change: 'new' } });
    const id = await scene.runningInstance(order);
    const { body } = await scene.readInstance(id);
    expect(body).toMatchObject({
      templateId: config.id,
      templateName: config.name,
      templateVersion: 1,
      rollbacks: 0,
      variables: {},
      overrides: { logging: { level: 'debug' } },
      configuration: {
        agent: { model: 'house/small', heartbeatMinutes: 7 },
        limits: { maxConcurrentRuns: 3 },
        logging: { level: 'debug' },
      },
      provenance: {
        '/providers/0/name': 'tenant',
        '/providers/0/models/0/maxTokens': 'default',
        '/agent/model': 'template',
        '/limits/maxConcurrentRuns': 'project',
        '/logging/level': 'instance',
        '/environment': 'default',
      },
    });
    expect(preview.body).toMatchObject({ configuration: body.configuration, provenance: body.provenance });
    const listed = (await scene.member.get(`/instances?templateId=${config.id}&templateVersion=1`)).body;
    expect(listed).toMatchObject({ total: 1, items: [{ id, templateName: config.name, templateVersion: 1 }] });
    expect((await scene.member.get(`/configs/${config.id}`)).body).toMatchObject({ instances: 1, outdated: 0 });
  });

  it('keeps what runs when defaults change, and takes them with its next revision', async () => {
    const id = await scene.runningInstance({ configuration: { native: { a: 1 } } });
    await setDefaults('tenant', { logging: { level: 'warn' } });
    expect((await scene.readInstance(id)).body.configuration.logging.level).toBe('info');
    const changed = await scene.change(id, { configuration: { native: { a: 1 } } });
    expect(changed).toMatchObject({ status: 202, body: { kind: 'instance.update', revision: 2 } });
    expect((await scene.readInstance(id)).body.configuration.logging.level).toBe('warn');
  });

  it.each([
    [
      'a variable of the wrong type',
      { variables: { beats: 'often' } },
      'config.variables-invalid',
      ['/variables/beats'],
    ],
    [
      'a variable that there is none of',
      { variables: { colour: 1 } },
      'config.variables-invalid',
      ['/variables/colour'],
    ],
    [
      'a locked value',
      { configuration: { logging: { level: 'debug' } } },
      'config.value-locked',
      ['/configuration/logging/level'],
    ],
    [
      'a value that the rules refuse, which a variable gave',
      { variables: { model: 'nobody/small' } },
      'agent.configuration-refused',
      ['/variables/model'],
    ],
    [
      'a secret in clear, which a variable gave',
      { variables: { token: 'sk-live-1234' } },
      'agent.configuration-refused',
      ['/variables/token'],
    ],
    [
      'a secret that does not exist, in its own layer',
      { configuration: { environment: { OTHER_KEY: { secret: 'nowhere' } } } },
      'secret.reference-unknown',
      ['/configuration/environment/OTHER_KEY/secret'],
    ],
    ['a version that there is none of', { templateVersion: 9 }, 'config.version-unknown', []],
  ])('is refused with %s, at its place', async (_case, more, code, pointers) => {
    const config = await scene.publishedConfig({
      configuration: {
        providers: [provider],
        agent: { model: { $variable: 'model' }, heartbeatMinutes: { $variable: 'beats' } },
        environment: { API_TOKEN: { $variable: 'token' } },
        logging: { level: 'warn' },
      },
      variables: {
        properties: {
          model: { type: 'string', default: 'house/small' },
          beats: { type: 'integer' },
          token: { type: 'string' },
        },
      },
      locks: ['/logging'],
    });
    const answer = await scene.createInstance({ templateId: config.id, ...more });
    expect(answer.body.code).toBe(code);
    expect(answer.status).toBe(code === 'config.version-unknown' ? 404 : 422);
    expect(pointersOf(answer)).toEqual(pointers);
    expect((await scene.member.get(`/instances?templateId=${config.id}`)).body.total).toBe(0);
  });

  it('is told of a fault in a layer that is not its own', async () => {
    await setDefaults('tenant', { agent: { model: 'nobody/small' } });
    const ofTenant = await scene.createInstance();
    expect(ofTenant.body.code).toBe('agent.configuration-refused');
    expect(pointersOf(ofTenant)).toEqual(['/tenant/configuration/agent/model']);
    const config = await scene.publishedConfig({ configuration: { agent: { model: 'nobody/large' } } });
    const ofTemplate = await scene.createInstance({ templateId: config.id });
    expect(pointersOf(ofTemplate)).toEqual(['/template/configuration/agent/model']);
  });

  it('takes a published version only, of a template of its tenant, project and kind', async () => {
    const draft = await scene.createConfig({ configuration: {} });
    expect((await scene.createInstance({ templateId: draft.id })).body.code).toBe('config.not-published');
    expect((await scene.createInstance({ templateId: draft.id, templateVersion: 1 })).body.code).toBe(
      'config.not-published',
    );
    const config = await scene.publishedConfig({ configuration: {} });
    await scene.nextVersion(config, { configuration: { native: { a: 2 } } });
    await scene.member.post(`/configs/${config.id}/publish`, {});
    expect((await scene.createInstance({ templateId: config.id, templateVersion: 1 })).body.code).toBe(
      'config.version-retired',
    );
    const elsewhere = await buildProject(scene.api.db, scene.tenant);
    const ofOther = await scene.publishedConfig({ configuration: {}, projectId: elsewhere.id });
    expect((await scene.createInstance({ templateId: ofOther.id })).body.code).toBe('config.unknown');
    await scene.api.db.transaction(platformScope(), (tx) =>
      tx.query(`update config_templates set agent_kind = 'abacus' where id = ?`, [config.id]),
    );
    expect((await scene.createInstance({ templateId: config.id })).body.code).toBe('config.kind-mismatch');
    const other = await buildTenant(scene.api.db);
    const theirs = await scene.admin.post('/configs', {
      tenantId: other.id,
      name: 'theirs',
      agentKind: 'openclaw',
      configuration: {},
    });
    expect((await scene.createInstance({ templateId: theirs.body.id })).body.code).toBe('config.unknown');
  });

  it('is bound, changed and released by an update; what renders to the same bytes needs no operation', async () => {
    const id = await scene.runningInstance({ configuration: { native: { a: 1 } } });
    const config = await scene.publishedConfig({
      configuration: { native: { a: { $variable: 'a' } } },
      variables: { properties: { a: { type: 'integer', default: 1 } } },
    });
    const bound = await scene.change(id, { templateId: config.id, configuration: {} });
    expect(bound).toMatchObject({
      status: 200,
      body: { templateVersion: 1, revision: 1, overrides: {}, provenance: { '/native/a': 'template' } },
    });
    const changed = await scene.change(id, { configuration: {}, variables: { a: 2 } });
    expect(changed).toMatchObject({ status: 202, body: { revision: 2 } });
    await scene.settle(changed.body.id);
    expect((await scene.readInstance(id)).body).toMatchObject({
      templateId: config.id,
      variables: { a: 2 },
      configuration: { native: { a: 2 } },
    });
    const relabelled = await scene.change(id, { configuration: {}, labels: { team: 'blue' } });
    expect(relabelled).toMatchObject({ status: 200, body: { variables: { a: 2 }, templateVersion: 1 } });
    const released = await scene.change(id, { templateId: null, configuration: { native: { a: 2 } } });
    expect(released).toMatchObject({ status: 200, body: { templateId: null, variables: {}, templateName: null } });
  });

  it('from before there were layers has its own configuration as its layer, less what nobody wrote', async () => {
    const id = await scene.runningInstance({ configuration: { native: { a: 1 } } });
    await scene.api.db.transaction(platformScope(), (tx) =>
      tx.query('update revisions set overrides = null, provenance = null where instance_id = ?', [id]),
    );
    expect((await scene.readInstance(id)).body).toMatchObject({ overrides: { native: { a: 1 } }, provenance: null });
  });

  it('that was rolled back too often is released by a change made by hand', async () => {
    const id = await scene.runningInstance({ configuration: {} });
    await scene.api.db.transaction(platformScope(), (tx) =>
      tx.query('update instances set rollbacks = 3 where id = ?', [id]),
    );
    expect((await scene.readInstance(id)).body.rollbacks).toBe(3);
    expect((await scene.change(id, { configuration: {} })).body.rollbacks).toBe(0);
  });
});

describe('a version of a template', () => {
  let viewer: ApiClient;
  beforeAll(async () => {
    viewer = await signInAs(scene.api, { role: 'viewer', tenantId: scene.tenant.id });
  });

  it('is compared with what an instance runs', async () => {
    const config = await scene.publishedConfig({ configuration: { native: { a: 1 } } });
    const id = await scene.runningInstance({ templateId: config.id, configuration: { native: { b: 2 } } });
    const { body } = await viewer.get(`/configs/${config.id}/diff?from=1&to=instance:${id}:1`);
    expect(body.changes).toContainEqual({ pointer: '/configuration/native/b', kind: 'added', to: 2 });
    expect(body.changes.map(({ pointer }: { pointer: string }) => pointer)).not.toContain('/configuration/native/a');
    expect((await viewer.get(`/configs/${config.id}/diff?from=1&to=instance:${id}:7`)).status).toBe(404);
  });

  it('is checked for an instance with the layers of that, and touches nothing', async () => {
    const config = await scene.publishedConfig({
      configuration: { agent: { model: { $variable: 'model' } } },
      variables: { required: ['model'], properties: { model: { type: 'string' } } },
    });
    const path = `/configs/${config.id}/validate`;
    const id = await scene.runningInstance({
      templateId: config.id,
      variables: { model: 'house/small' },
      configuration: { providers: [provider] },
    });
    const bare = await viewer.post(path, {});
    expect(bare).toMatchObject({ status: 200, body: { valid: false, configuration: null, files: {} } });
    expect(bare.body.faults).toMatchObject([
      { layer: null, pointer: '/variables/model', variable: 'model', code: 'config.variables-invalid' },
    ]);
    const forIt = await viewer.post(path, { instanceId: id });
    expect(forIt.body).toMatchObject({
      valid: true,
      faults: [],
      provenance: { '/agent/model': 'template', '/providers/0/name': 'instance' },
      programCheck: 'unknown',
    });
    expect(Object.keys(forIt.body.files)).toHaveLength(1);

    const { configurationHash } = forIt.body;
    const told = JSON.stringify([{ pointer: '/configuration/agent/model', detail: 'The program says no.' }]);
    await scene.api.db.transaction(platformScope(), (tx) =>
      tx.query(
        `insert into configuration_checks (tenant_id, agent_version_id, configuration_hash, faults)
         values (?, ?, ?, ?::jsonb)`,
        [scene.tenant.id, scene.agentVersionId, configurationHash, told],
      ),
    );
    expect((await viewer.post(path, { instanceId: id })).body).toMatchObject({
      valid: false,
      programCheck: 'failed',
      faults: [{ layer: 'template', pointer: '/agent/model', variable: 'model', detail: 'The program says no.' }],
    });
    expect((await viewer.get(`/configs/${config.id}`)).body).toMatchObject({ latestVersion: 1, generation: 2 });
  });

  it('that is not saved yet is checked the same way, all faults at once', async () => {
    const config = await scene.createConfig({ configuration: {} });
    const check = async (content: object) => (await viewer.post(`/configs/${config.id}/validate`, content)).body;
    const broken = await check({
      configuration: { agent: { timeoutSeconds: 1 }, native: { a: { $variable: 'x' } } },
      variablesSchema: { properties: { y: { type: 'text' } } },
    });
    expect(broken.valid).toBe(false);
    expect(broken.faults.map(({ layer, pointer }: { layer: string; pointer: string }) => [layer, pointer])).toEqual(
      expect.arrayContaining([
        [null, '/variablesSchema/properties/y/type'],
        ['template', '/native/a'],
        ['template', '/agent/timeoutSeconds'],
      ]),
    );
    const ruled = await check({
      configuration: {
        agent: { model: 'nobody/small' },
        native: { gateway: { port: 1 } },
        environment: { A_TOKEN: 'sk-clear' },
      },
    });
    expect(ruled.faults.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/agent/model',
      '/environment/A_TOKEN',
      '/native/gateway/port',
    ]);
    const secret = { environment: { OTHER: { secret: 'nowhere' } } };
    expect((await check({ configuration: secret })).valid).toBe(true);
    expect((await check({ configuration: secret, projectId: scene.project.id })).faults).toMatchObject([
      { code: 'secret.reference-unknown', pointer: '/environment/OTHER/secret' },
    ]);
  });
});
