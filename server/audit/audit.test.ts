import { once } from 'node:events';
import { request } from 'node:http';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster } from '../../test/factories/instances.ts';
import { buildUser, signIn, signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestTenant } from '../../test/factories/tenants.ts';
import { sealOnce } from '../observer/audit-sealer.ts';
import { requestOperation } from '../operations/commands/request-operation.ts';
import { settleOperation } from '../operations/commands/settle-operation.ts';
import { platformScope } from '../persistence/database.ts';
import type { AuditEntryAnswer } from './audit.schema.ts';
import { signCheckpoints } from './commands/sign-checkpoints.ts';
import { sealHash } from './sealed-entry.ts';

let api: TestApi;
let owner: Client;
let admin: ApiClient;
let tenant: TestTenant;
let member: ApiClient;
let asked = 0;
beforeAll(async () => {
  api = await startApi({
    async checkpointAudit() {
      asked += 1;
    },
  });
  owner = new Client({ connectionString: api.database.ownerUrl });
  await owner.connect();
  admin = await signInAsAdministrator(api);
  tenant = await buildTenant(api.db);
  member = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
});
afterAll(async () => {
  await owner?.end();
  await api?.close();
});

const write = (tenantId: string | null, objectName: string, times = 1): Promise<void> =>
  api.db.transaction(platformScope(), async (tx) => {
    for (let time = 0; time < times; time += 1) {
      tx.audit({
        tenantId,
        actorId: null,
        actorName: 'somebody',
        action: 'thing.update',
        objectType: 'thing',
        objectName,
        outcome: 'succeeded',
        detail: { time },
        before: { labels: { a: '1' } },
        after: { labels: { a: '2' } },
      });
    }
  });

describe('the list of the audit', () => {
  it('shows what was changed, by whom, what it was before and what after', async () => {
    const requestId = uniqueName('request');
    const created = await member
      .with({ 'X-Request-Id': requestId })
      .post('/projects', { tenantId: tenant.id, name: uniqueName('project') });
    const { body } = await member.get(`/audit?requestId=${requestId}`);
    expect(body).toMatchObject({
      total: 1,
      next: null,
      items: [
        {
          tenantId: tenant.id,
          action: 'project.create',
          objectType: 'project',
          objectId: created.body.id,
          outcome: 'succeeded',
          requestId,
          seal: null,
        },
      ],
    });
    const renamed = await member.put(`/projects/${created.body.id}`, { name: 'renamed', displayName: 'x' }, '"1"');
    expect(renamed.status).toBe(200);
    const { body: after } = await member.get(`/audit?objectId=${created.body.id}&action=project.update`);
    expect(after.items).toMatchObject([{ before: { name: created.body.name }, after: { name: 'renamed' } }]);
    await sealOnce(api.db);
    const { body: sealed } = await member.get(`/audit?requestId=${requestId}`);
    expect(sealed.items[0].seal).toMatchObject({
      number: expect.any(Number),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('tells what the platform did because somebody had asked for it, and finds it by that person', async () => {
    const user = await buildUser(api.db, { role: 'tenant-administrator', tenantId: tenant.id });
    const owns = await signIn(api.anyone, user);
    const space = `insert into tenant_spaces (tenant_id, cluster_id) values (?, ?)`;
    const { id: clusterId } = await buildCluster(api.db);
    await api.db.transaction(platformScope(), (tx) => tx.query(space, [tenant.id, clusterId]));
    const by = { userId: user.id, name: user.name, requestId: null };
    const operation = await api.db.transaction(platformScope(), (tx) =>
      requestOperation(tx, { kind: 'tenant.sync', tenant, by }),
    );
    await api.db.transaction(platformScope(), (tx) =>
      settleOperation(tx, operation.id, { phase: 'Succeeded', error: null, undone: false }),
    );
    for (const actor of [user.id, user.name]) {
      const { body } = await owns.get(`/audit?actor=${actor}&action=tenant.sync`);
      expect(body.items).toMatchObject([
        {
          outcome: 'succeeded',
          actorName: 'platform',
          actorId: null,
          onBehalfOfId: user.id,
          onBehalfOfName: user.name,
        },
        { outcome: 'accepted', actorName: user.name, actorId: user.id, onBehalfOfName: null },
      ]);
    }
  });

  it('narrows by actor, action, object, outcome and time, and turns pages', async () => {
    const type = uniqueName('thing');
    for (let time = 0; time < 3; time += 1) {
      await api.db.transaction(platformScope(), async (tx) =>
        tx.audit({
          tenantId: tenant.id,
          actorId: null,
          actorName: `Person ${time}`,
          action: `a.${time}`,
          objectType: type,
          outcome: time === 1 ? 'denied' : 'succeeded',
        }),
      );
    }
    const list = async (query: string): Promise<string[]> =>
      (await member.get(`/audit?objectType=${type}&${query}`)).body.items.map(
        ({ action }: { action: string }) => action,
      );
    expect(await list('')).toEqual(['a.2', 'a.1', 'a.0']);
    expect(await list('actor=PERSON%201')).toEqual(['a.1']);
    expect(await list('outcome=denied')).toEqual(['a.1']);
    expect(await list('outcome=denied&outcome=succeeded')).toHaveLength(3);
    expect(await list('action=a.0')).toEqual(['a.0']);
    const { body } = await member.get(`/audit?objectType=${type}`);
    const [newest, middle] = body.items;
    expect(await list(`from=${newest.createdAt}`)).toEqual(['a.2']);
    expect(await list(`to=${middle.createdAt}`)).toEqual(['a.0']);
    // Valid, and beyond what PostgreSQL takes.
    for (const early of ['1751-11-09T08:56:32-20:30', '0000-01-01T00:00:00Z']) {
      expect(await list(`from=${early}`)).toHaveLength(3);
      expect(await list(`to=${early}`)).toEqual([]);
    }
    const first = await member.get(`/audit?objectType=${type}&limit=2`);
    expect(first.body).toMatchObject({ total: 3, items: [{ action: 'a.2' }, { action: 'a.1' }] });
    const second = await member.get(`/audit?objectType=${type}&limit=2&cursor=${first.body.next}`);
    expect(second.body).toMatchObject({ next: null, items: [{ action: 'a.0' }] });
  });

  it('is of one’s own tenants, and of who may read it', async () => {
    const other = await buildTenant(api.db);
    const name = uniqueName('secretive');
    for (const tenantId of [other.id, null, tenant.id]) await write(tenantId, name);
    const of = async (who: ApiClient, query = ''): Promise<(string | null)[]> =>
      (await who.get(`/audit?objectType=thing&actor=somebody${query}`)).body.items
        .filter(({ objectName }: AuditEntryAnswer) => objectName === name)
        .map(({ tenantId }: AuditEntryAnswer) => tenantId);
    expect(await of(member)).toEqual([tenant.id]);
    expect(await of(member, `&tenantId=${other.id}`)).toEqual([]);
    expect(await of(admin)).toEqual([tenant.id, null, other.id]);
    expect(await of(admin, `&tenantId=${other.id}`)).toEqual([other.id]);
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    expect(await of(viewer)).toEqual([]);
    const project = await buildProject(api.db, tenant);
    const ofProject = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id, projectId: project.id });
    expect(await of(ofProject)).toEqual([]);
  });
});

describe('an export', () => {
  it('is JSON Lines, oldest first, that whoever has them can prove by themselves', async () => {
    const { id: tenantId } = await buildTenant(api.db);
    await write(tenantId, 'exported', 1_203);
    await sealOnce(api.db);
    const { status, body, headers } = await admin.get(`/audit/export?tenantId=${tenantId}&objectType=thing`);
    expect([status, headers.get('Content-Type')]).toEqual([200, 'application/jsonl; charset=utf-8']);
    expect(headers.get('Content-Disposition')).toBe('attachment; filename="audit.jsonl"');
    const lines: AuditEntryAnswer[] = body
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line));
    expect(lines).toHaveLength(1_203);
    let previousHash: string | null = null;
    for (const [index, { seal, ...entry }] of lines.entries()) {
      expect(seal).toEqual({
        number: index + 1,
        previousHash,
        hash: sealHash({ tenantId, number: index + 1, previousHash }, entry),
      });
      previousHash = seal?.hash ?? null;
    }
  });

  it('is CSV in which no cell is a formula', async () => {
    const { id: tenantId } = await buildTenant(api.db);
    await write(tenantId, '=HYPERLINK("https://evil.example")');
    const { body, headers } = await admin.get(`/audit/export?tenantId=${tenantId}&format=csv`);
    expect(headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present');
    const [head, row] = body.split('\r\n');
    expect(head).toContain('"sequence","createdAt","tenantId"');
    expect(row).toContain(`"'=HYPERLINK(""https://evil.example"")"`);
  });

  it('holds what the filters leave of one’s own tenants', async () => {
    const name = uniqueName('exported');
    await write(tenant.id, name);
    await write((await buildTenant(api.db)).id, name);
    const { body } = await member.get('/audit/export?objectType=thing&action=thing.update');
    const lines: AuditEntryAnswer[] = body
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line));
    expect(new Set(lines.map(({ tenantId }) => tenantId))).toEqual(new Set([tenant.id]));
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    expect((await viewer.get('/audit/export')).body).toBe('');
  });
});

describe('the proof', () => {
  it('is given of one’s own chain, with the newest checkpoint', async () => {
    const { id: tenantId } = await buildTenant(api.db);
    const owns = await signInAs(api, { role: 'tenant-administrator', tenantId });
    await write(tenantId, 'proven', 5);
    await sealOnce(api.db);
    await api.db.transaction(platformScope(), (tx) => signCheckpoints(tx, api.auditSigner));
    const { status, body } = await owns.get(`/audit/verify?tenantId=${tenantId}&from=1`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        tenantId,
        state: 'proven',
        from: 1,
        provenTo: { number: 5 },
        next: null,
        checkpoint: { number: 5, signature: 'valid' },
        fault: null,
      },
    });
    await owner.query(
      `update audit_entries set object_name = 'changed' where tenant_id = $1 and detail->>'time' = '2'`,
      [tenantId],
    );
    const { body: broken } = await owns.get(`/audit/verify?tenantId=${tenantId}&from=1`);
    expect(broken).toMatchObject({ state: 'broken', fault: { kind: 'changed', number: 3 } });
  });

  it('is refused of another tenant’s, as if there were none, and of the platform’s', async () => {
    const other = await buildTenant(api.db);
    expect((await member.get(`/audit/verify?tenantId=${other.id}`)).status).toBe(404);
    expect((await member.get('/audit/verify')).status).toBe(403);
    expect((await admin.get('/audit/verify')).body).toMatchObject({ tenantId: null, state: 'proven' });
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    expect((await viewer.get(`/audit/verify?tenantId=${tenant.id}`)).status).toBe(403);
  });

  it('is signed for on demand, by the platform', async () => {
    expect((await member.post('/audit/checkpoints')).status).toBe(403);
    expect(await admin.post('/audit/checkpoints')).toMatchObject({ status: 202 });
    expect(asked).toBe(1);
  });
});

// Last: it leaves many entries without seals.
describe('a large export', () => {
  it('waits for its reader, and ends with his session', async () => {
    const { id: tenantId } = await buildTenant(api.db);
    const long = 'x'.repeat(4_000);
    await owner.query(
      `insert into audit_entries (id, tenant_id, actor_name, action, object_type, outcome, detail)
       select gen_random_uuid(), $1, 'a', 'a', 't', 'succeeded', jsonb_build_object('long', $2::text) from generate_series(1, 20000)`,
      [tenantId, long],
    );
    const user = await buildUser(api.db, { role: 'platform-administrator' });
    const reader = await signIn(api.anyone, user);
    const asking = request(`${api.url}/api/v1/audit/export?tenantId=${tenantId}`, { headers: reader.headers });
    asking.end();
    const [response] = await once(asking, 'response');
    await once(response, 'readable');
    const pages = async (): Promise<number> => {
      const { rows } = await owner.query(
        `select sum(seq_scan + coalesce(idx_scan, 0))::int as scans from pg_stat_user_tables where relname = 'audit_entries'`,
      );
      return rows[0].scans;
    };
    // Nothing is read on while nobody takes it.
    let before = -1;
    await expect
      .poll(
        async () => {
          const now = await pages();
          const isStill = now === before;
          before = now;
          return isStill;
        },
        { interval: 1_500, timeout: 20_000 },
      )
      .toBe(true);
    await reader.post('/auth/logout');
    let bytes = 0;
    const ended = Promise.withResolvers<string>();
    response.on('error', ({ message }: Error) => ended.resolve(message));
    response.on('end', () => ended.resolve('complete'));
    response.on('data', (chunk: Buffer) => (bytes += chunk.length));
    expect(await ended.promise).toBe('aborted');
    expect(bytes).toBeLessThan(20_000 * 4_000);
  });

  it('is refused where it would be too large', async () => {
    const { id: tenantId } = await buildTenant(api.db);
    await owner.query(
      `insert into audit_entries (id, tenant_id, actor_name, action, object_type, outcome)
       select gen_random_uuid(), $1, 'a', 'a', 't', 'succeeded' from generate_series(1, 100001)`,
      [tenantId],
    );
    expect(await admin.get(`/audit/export?tenantId=${tenantId}`)).toMatchObject({
      status: 422,
      body: { code: 'audit.export-too-large' },
    });
  });
});
