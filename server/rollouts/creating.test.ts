import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { settleOperation } from '../operations/commands/settle-operation.ts';
import { platformScope } from '../persistence/database.ts';
import { buildTemplate, cloneInstance } from './testing/fleet.ts';

let api: TestApi;
let admin: ApiClient;
let tenant: TestTenant;
let project: TestProject;
let clusterId: string;
let agentVersionId: string;
/** The one that all others are clones of. */
let original: string;
let templateId: string;
const statements: string[] = [];
const started: string[] = [];

beforeAll(async () => {
  api = await startApi({
    onQuery: (sql) => statements.push(sql),
    dispatch: {
      async start() {},
      async cancel() {},
      async startRollout({ id }) {
        started.push(id);
      },
      async wakeRollout() {},
    },
  });
  admin = await signInAsAdministrator(api);
  clusterId = (await buildCluster(api.db)).id;
  agentVersionId = await enterVersion();
});
afterAll(() => api.close());

beforeEach(async () => {
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  original = await running(project);
  templateId = await buildTemplate(
    api.db,
    { tenantId: tenant.id },
    { configuration: { logging: { level: 'warn' } }, status: 'retired' },
    {
      configuration: { logging: { level: { $variable: 'level' } } },
      variables: {
        type: 'object',
        properties: { level: { type: 'string', enum: ['warn', 'debug'], default: 'debug' } },
        additionalProperties: false,
      },
    },
    { configuration: { logging: { level: 'error' } }, locks: ['/logging/level'], status: 'draft' },
  );
});

async function enterVersion(): Promise<string> {
  const entered = await admin.post('/agent-versions', { kind: 'openclaw', version: uniqueName('v'), image: 'claw:1' });
  return entered.body.id;
}

async function running(where: TestProject, more: object = {}): Promise<string> {
  const created = await admin.post('/instances', {
    projectId: where.id,
    clusterId,
    agentVersionId,
    name: uniqueName('zz'),
    configuration: {},
    ...more,
  });
  expect(created).toMatchObject({ status: 202 });
  await api.db.transaction(platformScope(), (tx) =>
    settleOperation(tx, created.body.id, { phase: 'Succeeded', error: null, undone: false }),
  );
  return created.body.instanceId;
}

const clones = async (count: number, labels: Record<string, string> = {}): Promise<string[]> =>
  (await cloneInstance(api.db, { instanceId: original, count, labels })).instanceIds;

const configuration = (more: object = {}) => ({ kind: 'configuration', templateId, version: 2, ...more });

const order = (more: object = {}) => ({
  name: 'a change',
  change: configuration(),
  selection: { projectId: project.id },
  ...more,
});
const create = (more: object = {}, who = admin): Promise<ApiAnswer> => who.post('/rollouts', order(more));

const targetsOf = async (id: string): Promise<ApiAnswer['body'][]> =>
  (await admin.get(`/rollouts/${id}/targets?limit=200`)).body.items;

const sql = <Row>(text: string, parameters: unknown[]): Promise<Row[]> =>
  api.db.transaction(platformScope(), (tx) => tx.query<Row>(text, parameters));

const pointersOf = ({ body }: ApiAnswer): string[] => body.errors.map((fault: { pointer: string }) => fault.pointer);

describe('creating a rollout', () => {
  it('freezes its targets with the revision that each leaves and the one it goes to, and touches none', async () => {
    const instanceIds = [...(await clones(2)), original];
    const answer = await create();
    expect(answer).toMatchObject({
      status: 201,
      body: { kind: 'configuration', phase: 'Pending', total: 3, waveCount: 1, counts: { Pending: 3 } },
    });
    expect(answer.headers.get('Location')).toBe(`/api/v1/rollouts/${answer.body.id}`);
    const targets = await targetsOf(answer.body.id);
    expect(targets.map(({ instanceId }) => instanceId)).toEqual(instanceIds);
    for (const [index, target] of targets.entries()) {
      expect(target).toMatchObject({ wave: 1, position: index + 1, phase: 'Pending', fromRevision: 1, toRevision: 2 });
    }
    expect((await admin.get(`/instances/${original}`)).body).toMatchObject({ revision: 1, activeOperation: null });
    expect(
      await sql(
        `select template_id as "templateId", template_version as version, configuration -> 'logging' as logging,
           provenance ->> '/logging/level' as layer from revisions where instance_id = ? and number = 2`,
        [original],
      ),
    ).toEqual([{ templateId, version: 2, logging: { level: 'debug' }, layer: 'template' }]);
  });

  it('books the start of its run, an audit entry, an event and the first line of its timeline', async () => {
    const { body } = await create();
    expect(started).toContain(body.id);
    expect(body.decisions).toMatchObject([{ kind: 'created', detail: { targets: 1, waves: 1, unchanged: 0 } }]);
    expect(await sql('select action, outcome from audit_entries where object_id = ?', [body.id])).toEqual([
      { action: 'rollout.create', outcome: 'accepted' },
    ]);
    const events = await admin.get(`/events?tenantId=${tenant.id}&type=rollout.changed`);
    expect(events.body.items[0].data).toMatchObject({ id: body.id, phase: 'Pending', counts: { Pending: 1 } });
  });

  it('cuts the targets into waves, by label, percent and rest', async () => {
    await clones(2, { ring: 'canary' });
    await clones(7);
    const waves = [{ size: { labels: { ring: 'canary' } } }, { size: { percent: 50 } }, { size: { rest: true } }];
    const { body } = await create({ strategy: { waves } });
    expect(body.waves.map(({ targets }: { targets: number }) => targets)).toEqual([2, 5, 3]);
    const numbers = (await targetsOf(body.id)).map(({ wave }) => wave);
    expect(numbers).toEqual([1, 1, 2, 2, 2, 2, 2, 3, 3, 3]);
  });

  it('does what its preview says', async () => {
    await clones(4);
    const strategy = { waves: [{ size: { count: 1 } }, { size: { rest: true }, concurrency: 3 }] };
    const preview = await admin.post('/rollouts/preview', order({ strategy }));
    expect(preview).toMatchObject({
      status: 200,
      body: {
        total: 5,
        waves: [
          { number: 1, targets: 1, concurrency: 25 },
          { number: 2, targets: 4, concurrency: 3 },
        ],
        restarts: 0,
        unchanged: 0,
        refused: 0,
        conflicts: [],
      },
    });
    expect(preview.body.targets.every(({ change }: { change: string }) => change === 'hot')).toBe(true);
    expect(await sql('select 1 from rollouts where tenant_id = ?', [tenant.id])).toEqual([]);
    const { body } = await create({ strategy });
    const brief = ({ instanceId, wave, fromRevision }: ApiAnswer['body']) => ({ instanceId, wave, fromRevision });
    expect((await targetsOf(body.id)).map(brief)).toEqual(preview.body.targets.map(brief));
  });

  it('leaves out what it would not change, which is at the template’s version from then on', async () => {
    const same = await running(project, { configuration: { logging: { level: 'debug' } } });
    const { body } = await create();
    expect(body).toMatchObject({ total: 1, decisions: [{ detail: { unchanged: 1 } }] });
    expect((await targetsOf(body.id)).map(({ instanceId }) => instanceId)).toEqual([original]);
    expect((await admin.get(`/instances/${same}`)).body).toMatchObject({ revision: 1, templateId, templateVersion: 2 });
    expect(
      await sql('select number, template_version as version from revisions where instance_id = ?', [same]),
    ).toEqual([{ number: 1, version: 2 }]);
  });

  it('leaves alone what it cannot touch, with the reason, at the end of the last wave', async () => {
    const [deleted, failed, often, fine] = await clones(4);
    await sql(`update instances set deleted_at = now(), phase = 'Deleted' where id = ?`, [deleted]);
    await sql(`update instances set phase = 'Failed' where id = ?`, [failed]);
    await sql(`update instances set rollbacks = 3 where id = ?`, [often]);
    const instanceIds = [deleted, failed, often, fine];
    const preview = await admin.post('/rollouts/preview', order({ selection: { instanceIds } }));
    expect(preview.body).toMatchObject({ total: 4, refused: 3 });
    const { body } = await create({ selection: { instanceIds } });
    expect(body).toMatchObject({ total: 4, counts: { Pending: 1, Skipped: 3 } });
    expect(
      (await targetsOf(body.id)).map(({ instanceId, phase, error }) => [instanceId, phase, error?.code ?? null]),
    ).toEqual([
      [fine, 'Pending', null],
      [deleted, 'Skipped', 'instance.deleted'],
      [failed, 'Skipped', 'instance.state-conflict'],
      [often, 'Skipped', 'instance.rolled-back-often'],
    ]);
  });

  it('brings another image with the same configuration', async () => {
    const to = await enterVersion();
    const { body } = await create({ change: { kind: 'image', agentVersionId: to } });
    expect(body).toMatchObject({ kind: 'image', total: 1 });
    expect(
      await sql(
        `select n.agent_version_id as version, n.configuration = o.configuration as same
         from revisions n join revisions o on o.instance_id = n.instance_id and o.number = 1
         where n.instance_id = ? and n.number = 2`,
        [original],
      ),
    ).toEqual([{ version: to, same: true }]);
    const preview = await admin.post('/rollouts/preview', order({ change: { kind: 'image', agentVersionId: to } }));
    expect(preview.body).toMatchObject({ restarts: 1, conflicts: [{ rolloutId: body.id, targets: 1 }] });
  });

  it('goes back to the newest revision that an instance really ran, and says so where there is none', async () => {
    const [young] = await clones(1);
    await create({ selection: { instanceIds: [original] } });
    await sql('update instances set revision = 2, live_revision = 2 where id = ?', [original]);
    const back = { change: { kind: 'rollback' }, strategy: { onConflict: 'wait' } };
    const { body } = await create({ ...back, selection: { instanceIds: [original, young] } });
    expect(
      (await targetsOf(body.id)).map(({ instanceId, phase, fromRevision, toRevision }) => ({
        instanceId,
        phase,
        fromRevision,
        toRevision,
      })),
    ).toEqual([
      { instanceId: original, phase: 'Pending', fromRevision: 2, toRevision: 1 },
      { instanceId: young, phase: 'Skipped', fromRevision: 1, toRevision: 1 },
    ]);
  });

  it('restarts what runs, and has no rollback to offer', async () => {
    const change = { kind: 'restart' };
    const { body } = await create({ change });
    expect(body).toMatchObject({ kind: 'restart', actions: ['pause', 'abort'] });
    expect((await targetsOf(body.id))[0]).toMatchObject({ fromRevision: 1, toRevision: 1 });
    const refused = await create({ change, strategy: { onBudgetExceeded: 'rollback' } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'request.unfit' } });
    expect(pointersOf(refused)).toEqual(['/strategy/onBudgetExceeded']);
  });

  it('refuses instances that another rollout has, unless it may wait', async () => {
    const first = await create();
    const refused = await create();
    expect(refused).toMatchObject({ status: 409, body: { code: 'rollout.conflict', rolloutId: first.body.id } });
    expect(await create({ strategy: { onConflict: 'wait' } })).toMatchObject({ status: 201 });
  });

  it('is booked once where two ask at the same time', async () => {
    await clones(20);
    const answers = await Promise.all([create(), create(), create()]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409, 409]);
  });

  it('takes a number of statements that does not grow with its targets', async () => {
    await clones(10);
    const countStatements = async (): Promise<number> => {
      const before = statements.length;
      const { status, body } = await create({
        strategy: { waves: [{ size: { percent: 10 } }, { size: { rest: true } }] },
      });
      expect(status).toBe(201);
      const count = statements.length - before;
      await sql(`update rollouts set phase = 'Aborted' where id = ?`, [body.id]);
      return count;
    };
    const few = await countStatements();
    await clones(990);
    const many = await countStatements();
    expect(many - few).toBeLessThanOrEqual(4); // batches of revisions
    expect(few).toBeLessThanOrEqual(40);
    const list = await admin.get(`/rollouts?tenantId=${tenant.id}&limit=1`);
    const cells = await admin.get(`/rollouts/${list.body.items[0].id}/cells`);
    expect(cells.body.waves.map(({ instanceIds }: { instanceIds: string[] }) => instanceIds.length)).toEqual([
      101, 900,
    ]);
    expect(cells.body.phases[cells.body.waves[0].phaseIndexes[0]]).toBe('Pending');
  });
});

describe('a rollout is refused', () => {
  const refusals: [string, () => object, number, string, string | null][] = [
    ['an empty selection', () => ({ selection: {} }), 422, 'request.invalid', '/selection'],
    [
      'a selection of no ids',
      () => ({ selection: { instanceIds: [] } }),
      422,
      'request.invalid',
      '/selection/instanceIds',
    ],
    [
      'a window in no time zone',
      () => ({ strategy: { windows: [{ days: [0], start: '10:00', durationMinutes: 60, timeZone: 'Mars/Olympus' }] } }),
      422,
      'request.unfit',
      '/strategy/windows/0/timeZone',
    ],
    ['a selection of no labels', () => ({ selection: { labels: {} } }), 422, 'request.invalid', '/selection/labels'],
    [
      'a selection that matches nothing',
      () => ({ selection: { projectId: project.id, labels: { none: 'such' } } }),
      422,
      'rollout.no-targets',
      null,
    ],
    [
      'an instance that is not there',
      () => ({ tenantId: tenant.id, selection: { instanceIds: [original, clusterId] } }),
      404,
      'instance.unknown',
      '/selection/instanceIds/1',
    ],
    [
      'waves that leave targets over',
      () => ({ strategy: { waves: [{ size: { percent: 0.5 } }, { size: { labels: { a: 'b' } } }] } }),
      422,
      'rollout.waves-invalid',
      '/strategy/waves/1/size',
    ],
    [
      'percents above 100',
      () => ({ strategy: { waves: [{ size: { percent: 70 } }, { size: { percent: 70 } }] } }),
      422,
      'rollout.waves-invalid',
      '/strategy/waves/1/size/percent',
    ],
    [
      'a version that is not there',
      () => ({ change: configuration({ version: 9 }) }),
      404,
      'config.version-unknown',
      null,
    ],
    ['a draft', () => ({ change: configuration({ version: 3 }) }), 409, 'config.not-published', null],
    ['a retired version', () => ({ change: configuration({ version: 1 }) }), 409, 'config.version-retired', null],
    [
      'a variable of the wrong type',
      () => ({ change: configuration({ variables: { level: 7 } }) }),
      422,
      'config.variables-invalid',
      '/change/variables/level',
    ],
    [
      'an unknown agent version',
      () => ({ change: { kind: 'image', agentVersionId: clusterId } }),
      404,
      'agent.version-unknown',
      null,
    ],
    [
      'nothing that it would change',
      () => ({ change: { kind: 'image', agentVersionId } }),
      422,
      'rollout.no-targets',
      null,
    ],
    ['a query without prometheus', () => ({ strategy: badAnalysis }), 422, 'request.invalid', null],
    ...(
      [
        ['failed', 0, {}],
        ['refused', 1, {}],
        ['ready-seconds', 0, {}],
        ['error-rate', 2, {}],
        ['not-ready', 2, {}],
        ['prometheus', 0, { query: 'sum(up)' }],
      ] as const
    ).map(
      ([metric, wave, rule]) =>
        [
          `a ratio of ${metric} in wave ${wave + 1} of 3, which has nothing to compare with`,
          () => ({ strategy: ratioIn(wave, { metric, maxRatio: 2, ...rule }) }),
          422,
          'request.unfit',
          `/strategy/waves/${wave}/analysis/rules/0/maxRatio`,
        ] as (typeof refusals)[number],
    ),
  ];
  const badAnalysis = {
    waves: [{ size: { rest: true }, analysis: { rules: [{ metric: 'failed', query: 'up', max: 1 }] } }],
  };

  const ratioIn = (wave: number, rule: object) => ({
    waves: [{ count: 1 }, { count: 1 }, { rest: true }].map((size, index) => ({
      size,
      ...(index === wave && { analysis: { rules: [rule] } }),
    })),
  });

  it('but not for ratios that have something to compare with', async () => {
    await clones(3);
    const strategy = ratioIn(1, { metric: 'ready-seconds', maxRatio: 2 });
    expect(await create({ strategy })).toMatchObject({ status: 201 });
    const first = ratioIn(0, { metric: 'prometheus', query: 'up{pod=~"i-($updated)-0"}', maxRatio: 2 });
    expect(await create({ strategy: { ...first, onConflict: 'wait' } })).toMatchObject({ status: 201 });
  });

  it('but shows of a draft what its publication would bring', async () => {
    const wanted = order({ change: configuration({ version: 3 }) });
    expect(await admin.post('/rollouts/preview', wanted)).toMatchObject({ status: 200, body: { refused: 0 } });
  });

  it.each(refusals)('for %s', async (_case, more, status, code, pointer) => {
    const answer = await create(more());
    expect(answer).toMatchObject({ status, body: { code } });
    if (pointer) expect(pointersOf(answer)).toContain(pointer);
    expect(await sql('select 1 from rollouts where tenant_id = ?', [tenant.id])).toEqual([]);
    expect(await sql('select 1 from revisions where tenant_id = ? and number > 1', [tenant.id])).toEqual([]);
  });

  it('for a locked value that an instance overrides, with the place in that instance', async () => {
    await sql(`update config_versions set status = 'published' where template_id = ? and version = 3`, [templateId]);
    const own = await running(project, { name: 'stubborn', configuration: { logging: { level: 'debug' } } });
    const answer = await create({ change: configuration({ version: 3 }), selection: { instanceIds: [original, own] } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'config.value-locked' } });
    expect(pointersOf(answer)).toEqual(['/instances/stubborn/configuration/logging/level']);
  });
});

describe('the right to roll out', () => {
  it('is not a viewer’s', async () => {
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    expect(await create({}, viewer)).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    expect(await viewer.post('/rollouts/preview', order())).toMatchObject({ status: 403 });
    const { body } = await create();
    expect((await viewer.get(`/rollouts/${body.id}`)).body).toMatchObject({ permissions: [], actions: [] });
    expect(await viewer.post(`/rollouts/${body.id}/pause`, {})).toMatchObject({ status: 403 });
  });

  it('does not reach the operator’s Prometheus, which knows of all tenants, unless it is of the platform', async () => {
    const analysis = { rules: [{ metric: 'prometheus', query: 'up', max: 1 }] };
    const strategy = { waves: [{ size: { rest: true }, analysis }] };
    const owner = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    expect(await create({ strategy }, owner)).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    const publication = { version: 2, strategy };
    expect(await owner.post(`/configs/${templateId}/publish`, publication)).toMatchObject({ status: 403 });
    expect(await create({ strategy })).toMatchObject({ status: 201 });
  });

  it('is an operator’s, in his project only', async () => {
    const other = await buildProject(api.db, tenant);
    await running(other);
    const operator = await signInAs(api, { role: 'operator', tenantId: tenant.id, projectId: project.id });
    expect(await create({}, operator)).toMatchObject({ status: 201, body: { projectId: project.id } });
    expect(await create({ selection: { projectId: other.id } }, operator)).toMatchObject({ status: 403 });
    const everywhere = { tenantId: tenant.id, selection: { agentVersionId }, strategy: { onConflict: 'wait' } };
    expect(await create(everywhere, operator)).toMatchObject({ status: 403 });
    expect(await create(everywhere)).toMatchObject({ status: 201, body: { projectId: null, total: 2 } });
    const seen = await operator.get('/rollouts');
    expect(seen.body.items.map(({ projectId }: { projectId: string }) => projectId)).toEqual([project.id]);
  });

  it('ends at the tenant: to another one there is nothing', async () => {
    const stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: (await buildTenant(api.db)).id });
    const { body } = await create();
    expect(await create({}, stranger)).toMatchObject({ status: 404 });
    expect(await create({ tenantId: tenant.id }, stranger)).toMatchObject({ status: 404 });
    for (const path of ['', '/targets', '/cells']) {
      expect(await stranger.get(`/rollouts/${body.id}${path}`)).toMatchObject({ status: 404 });
    }
    expect(await stranger.post(`/rollouts/${body.id}/abort`, {})).toMatchObject({ status: 404 });
    expect((await stranger.get('/rollouts')).body).toMatchObject({ items: [], total: 0 });
  });
});
