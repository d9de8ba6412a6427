import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import type { Outcome } from '../../workflows/contracts/steps.ts';
import { Backup } from '../backups/backup.entity.ts';
import { settleOperation } from '../operations/commands/settle-operation.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let admin: ApiClient;
let tenant: TestTenant;
let project: TestProject;
let clusterId: string;
let older: string;
let newer: string;

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  ({ id: clusterId } = await buildCluster(api.db));
  [older, newer] = [await enterVersion('1'), await enterVersion('2')];
});
afterAll(() => api.close());

async function enterVersion(image: string): Promise<string> {
  const version = { kind: 'openclaw', version: uniqueName('v'), image: `openclaw:${image}` };
  return (await admin.post('/agent-versions', version)).body.id;
}

const settle = (operationId: string, outcome: Partial<Outcome> = {}) =>
  api.db.transaction(platformScope(), (tx) =>
    settleOperation(tx, operationId, { phase: 'Succeeded', error: null, undone: false, ...outcome }),
  );

async function running(): Promise<string> {
  const order = { projectId: project.id, clusterId, agentVersionId: older, name: uniqueName('agent') };
  const created = await admin.post('/instances', order);
  await settle(created.body.id);
  return created.body.instanceId;
}

async function upgrade(id: string, agentVersionId = newer): Promise<ApiAnswer> {
  const etag = (await admin.get(`/instances/${id}`)).headers.get('ETag') ?? '';
  return admin.put(`/instances/${id}`, { agentVersionId, configuration: {} }, etag);
}

/** As the worker leaves it. */
const copied = (instanceId: string, operationId: string, agentVersionId: string, revision: number): Promise<string> =>
  api.db.transaction(platformScope(), async ({ em }) => {
    const id = uuidv7();
    em.create(Backup, {
      tenantId: tenant.id,
      id,
      instanceId,
      operationId,
      agentVersionId,
      revision,
      reason: 'upgrade',
      phase: 'Verified',
      bucket: 'b',
      objectKey: `k/${id}`,
      sizeBytes: 12_345,
      sha256: 'ab',
      verifiedAt: new Date(),
      createdAt: new Date(),
    });
    return id;
  });

async function upgraded(): Promise<{ id: string; backupId: string }> {
  const id = await running();
  const accepted = await upgrade(id);
  const backupId = await copied(id, accepted.body.id, older, 1);
  await settle(accepted.body.id);
  return { id, backupId };
}

const read = async (id: string) => (await admin.get(`/instances/${id}`)).body;

describe('another version of an agent', () => {
  it('is an upgrade, not an update', async () => {
    const id = await running();
    const accepted = await upgrade(id);
    expect(accepted).toMatchObject({
      status: 202,
      body: { kind: 'instance.upgrade', revision: 2, previousRevision: 1 },
    });
    expect(await read(id)).toMatchObject({ phase: 'Updating', agentVersionId: newer, revision: 2 });
    await settle(accepted.body.id);
    expect(await read(id)).toMatchObject({ revision: 2, liveRevision: 2 });
    expect(await upgrade(id), 'the same again changes nothing').toMatchObject({ status: 200 });
  });

  it('must be there, of this kind of agent, and not withdrawn', async () => {
    const id = await running();
    expect(await upgrade(id, uuidv7())).toMatchObject({ status: 404, body: { code: 'agent.version-unknown' } });
    const withdrawn = await enterVersion('3');
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update agent_versions set status = 'withdrawn' where id = ?`, [withdrawn]),
    );
    expect(await upgrade(id, withdrawn)).toMatchObject({ status: 409, body: { code: 'agent.version-withdrawn' } });
    expect(await read(id)).toMatchObject({ revision: 1, agentVersionId: older });
  });

  it('that failed and was taken back leaves the revision of before, and counts where it had come up', async () => {
    const id = await running();
    const failed: Partial<Outcome> = {
      phase: 'Failed',
      error: { code: 'agent.probe-failed', detail: 'no' },
      undone: true,
    };
    const first = await upgrade(id);
    await settle(first.body.id, failed);
    expect(await read(id)).toMatchObject({ revision: 1, agentVersionId: older, rollbacks: 0 });

    const retried = await admin.post(`/operations/${first.body.id}/retry`);
    expect(retried).toMatchObject({
      status: 202,
      body: { kind: 'instance.upgrade', revision: 2, previousRevision: 1 },
    });
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(
        `insert into operation_steps (tenant_id, operation_id, name, position, state) values (?, ?, 'restoreVersion', 1, 'Succeeded')`,
        [tenant.id, retried.body.id],
      ),
    );
    await settle(retried.body.id, failed);
    expect(await read(id)).toMatchObject({ revision: 1, agentVersionId: older, rollbacks: 1 });
  });
});

describe('an instance that was rolled back three times', () => {
  it('is marked as left alone, and the list can be narrowed to those or to the others', async () => {
    const [often, once] = [await running(), await running()];
    await api.db.transaction(platformScope(), (tx) =>
      tx.query('update instances set rollbacks = case when id = ? then 3 else 1 end where id in (?, ?)', [
        often,
        often,
        once,
      ]),
    );
    const listed = async (query: string): Promise<string[]> => {
      const { body } = await admin.get(`/instances?projectId=${project.id}&limit=200${query}`);
      return body.items.map(({ id }: { id: string }) => id);
    };
    expect(await listed('&leftAlone=true')).toEqual([often]);
    expect(await listed('&leftAlone=false')).toContain(once);
    expect(await listed('&leftAlone=false')).not.toContain(often);
    expect(await listed('')).toEqual(expect.arrayContaining([often, once]));
    expect(await read(often)).toMatchObject({ rollbacks: 3, leftAlone: true });
    expect(await read(once)).toMatchObject({ rollbacks: 1, leftAlone: false });
    expect(await admin.get('/instances?leftAlone=perhaps')).toMatchObject({ status: 422 });
  });
});

describe('a change after a version that never came up', () => {
  it('goes back to that version, whose state it may be by now, and never below it', async () => {
    const id = await running();
    await settle((await admin.post(`/instances/${id}/stop`)).body.id);
    await settle((await upgrade(id)).body.id);
    const start = (await admin.post(`/instances/${id}/start`)).body.id;
    await settle(start, { phase: 'Failed', error: { code: 'agent.misconfigured', detail: 'no' } });
    expect(await read(id)).toMatchObject({ revision: 2, liveRevision: 1, agentVersionId: newer });
    const etag = (await admin.get(`/instances/${id}`)).headers.get('ETag') ?? '';
    const change = { configuration: { logging: { level: 'debug' } } };
    expect((await admin.put(`/instances/${id}`, change, etag)).body).toMatchObject({
      kind: 'instance.update',
      revision: 3,
      previousRevision: 2,
    });
  });
});

describe('going back', () => {
  it('takes the copy of the state that belongs to the older version, and is counted', async () => {
    const { id, backupId } = await upgraded();
    const accepted = await admin.post(`/instances/${id}/rollback`, {});
    expect(accepted).toMatchObject({
      status: 202,
      body: { kind: 'instance.rollback', revision: 1, previousRevision: 2 },
    });
    const [row] = await api.db.transaction(platformScope(), (tx) =>
      tx.query<{ input: object }>('select input from operations where id = ?', [accepted.body.id]),
    );
    expect(row?.input).toEqual({ backupId });
    await settle(accepted.body.id);
    expect(await read(id)).toMatchObject({ revision: 1, liveRevision: 1, agentVersionId: older, rollbacks: 1 });
  });

  it('is refused without a copy that the older version can read, and while something else runs', async () => {
    const id = await running();
    await settle((await upgrade(id)).body.id);
    expect(await admin.post(`/instances/${id}/rollback`, {})).toMatchObject({ body: { code: 'backup.unknown' } });
    const busy = (await admin.post(`/instances/${id}/restart`)).body.id;
    expect(await admin.post(`/instances/${id}/rollback`, {})).toMatchObject({
      status: 409,
      body: { code: 'instance.busy', operationId: busy },
    });
  });

  it('is an update where the version stays the same, by the newest number', async () => {
    const id = await running();
    const etag = (await admin.get(`/instances/${id}`)).headers.get('ETag') ?? '';
    const change = { configuration: { logging: { level: 'debug' } } };
    await settle((await admin.put(`/instances/${id}`, change, etag)).body.id);
    const accepted = await admin.post(`/instances/${id}/rollback`, { revision: 1 });
    expect(accepted).toMatchObject({ status: 202, body: { kind: 'instance.update', revision: 1 } });
  });

  it('needs somewhere to go', async () => {
    const id = await running();
    const back = (body: object) => admin.post(`/instances/${id}/rollback`, body);
    expect(await back({})).toMatchObject({ status: 409, body: { code: 'instance.state-conflict' } });
    expect(await back({ revision: 1 })).toMatchObject({ status: 409, body: { code: 'instance.state-conflict' } });
    expect(await back({ revision: 9 })).toMatchObject({
      status: 422,
      body: { code: 'request.unfit', errors: [{ pointer: '/revision' }] },
    });
    expect(await back({ discard: true })).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
  });
});

describe('two revisions', () => {
  it('are compared: version, resources and configuration, secrets by their names', async () => {
    await admin.post('/secrets', { tenantId: tenant.id, name: 'mail-token', value: 'hush-hush-hush' });
    const id = await running();
    const etag = (await admin.get(`/instances/${id}`)).headers.get('ETag') ?? '';
    const change = {
      agentVersionId: newer,
      configuration: { logging: { level: 'debug' }, environment: { TOKEN: { secret: 'mail-token' } } },
      resources: { cpu: '500m' },
    };
    await settle((await admin.put(`/instances/${id}`, change, etag)).body.id);
    const [before, after] = (await admin.get(`/instances/${id}/revisions`)).body.items.toReversed();

    const { body } = await admin.get(`/instances/${id}/revisions/diff?from=1&to=2`);
    expect(body.changes).toEqual([
      { pointer: '/agentVersion', kind: 'changed', from: before.agentVersion, to: after.agentVersion },
      { pointer: '/resources/cpu', kind: 'changed', from: before.resources.cpu, to: '500m' },
      { pointer: '/configuration/logging/level', kind: 'changed', from: 'info', to: 'debug' },
      { pointer: '/configuration/environment/TOKEN', kind: 'added', to: { secret: 'mail-token' } },
    ]);
    expect(body.to).toMatchObject({ agentVersion: after.agentVersion, configuration: { logging: { level: 'debug' } } });
    expect(JSON.stringify(body)).not.toContain('hush');

    const same = await admin.get(`/instances/${id}/revisions/diff?from=2&to=2`);
    expect(same.body.changes).toEqual([]);
  });

  it('that are not there, or are no numbers, are refused', async () => {
    const id = await running();
    const diff = (query: string) => admin.get(`/instances/${id}/revisions/diff?${query}`);
    expect(await diff('from=1&to=7')).toMatchObject({ status: 404, body: { code: 'instance.revision-unknown' } });
    expect(await diff('from=1&to=first')).toMatchObject({ status: 422 });
    expect(await diff('from=1')).toMatchObject({ status: 422 });
  });
});

describe('copies and revisions', () => {
  it('are listed, the newest first', async () => {
    const { id, backupId } = await upgraded();
    expect((await admin.get(`/instances/${id}/backups`)).body).toMatchObject({
      total: 1,
      items: [
        { id: backupId, reason: 'upgrade', phase: 'Verified', revision: 1, sizeBytes: 12_345, agentVersionId: older },
      ],
    });
    const revisions = (await admin.get(`/instances/${id}/revisions?limit=1`)).body;
    expect(revisions).toMatchObject({ total: 2, items: [{ number: 2, agentVersionId: newer }] });
    const rest = await admin.get(`/instances/${id}/revisions?limit=1&cursor=${encodeURIComponent(revisions.next)}`);
    expect(rest.body).toMatchObject({ next: null, items: [{ number: 1, agentVersionId: older }] });
  });

  it('are of the tenant: a viewer reads them and cannot go back, another tenant sees nothing', async () => {
    const { id } = await upgraded();
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    const stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: (await buildTenant(api.db)).id });
    for (const list of ['backups', 'revisions', 'revisions/diff?from=1&to=2']) {
      expect((await viewer.get(`/instances/${id}/${list}`)).status).toBe(200);
      expect(await stranger.get(`/instances/${id}/${list}`)).toMatchObject({
        status: 404,
        body: { code: 'instance.unknown' },
      });
    }
    expect(await viewer.post(`/instances/${id}/rollback`, {})).toMatchObject({ status: 403 });
    expect(await stranger.post(`/instances/${id}/rollback`, {})).toMatchObject({ status: 404 });
  });
});
