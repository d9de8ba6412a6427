import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platformScope } from '../../server/persistence/database.ts';
import type { NewEvent } from '../../server/persistence/transaction.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { openStream, type OpenStream } from '../factories/event-source.ts';
import { buildUser, signIn, signInAs } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildProject, buildTenant, type TestTenant } from '../factories/tenants.ts';

let api: TestApi;
let tenant: TestTenant;
let person: ApiClient;
const open: OpenStream[] = [];
beforeAll(async () => {
  api = await startApi({ streamRecheckMs: 300 });
  tenant = await buildTenant(api.db);
  person = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.close();
});
afterAll(() => api?.close());

const emit = (type: string, more: Partial<NewEvent> = {}) =>
  api.db.transaction(platformScope(), async (tx) => tx.emit({ type, tenantId: tenant.id, data: {}, ...more }));

async function follow(who: ApiClient, query = '', lastEventId?: string): Promise<OpenStream> {
  const headers = { ...who.headers, ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
  const stream = await openStream(`${api.url}/api/v1/events/stream${query}`, headers);
  open.push(stream);
  await expect.poll(() => stream.lastEventId()).not.toBe('');
  return stream;
}

const typesOf = ({ received }: OpenStream) => received.map(({ data }) => data.type);

describe('the event stream', () => {
  it('tells what happens from now on, of the caller’s tenants only', async () => {
    const other = await buildTenant(api.db);
    await emit('before');
    const stream = await follow(person);
    await emit('elsewhere', { tenantId: other.id });
    await emit('nowhere', { tenantId: null });
    await emit('here', { data: { name: 'x' }, actorName: 'somebody' });
    await expect.poll(() => typesOf(stream)).toEqual(['here']);
    expect(stream.received[0]?.data).toMatchObject({
      tenantId: tenant.id,
      projectId: null,
      instanceId: null,
      operationId: null,
      actorName: 'somebody',
      data: { name: 'x' },
    });
    expect(stream.received[0]?.id).toBe(String(stream.received[0]?.data.sequence));
  });

  it('goes on where the last connection ended, without a gap and without a repetition', async () => {
    const first = await follow(person);
    await emit('one');
    await emit('two');
    await expect.poll(() => typesOf(first)).toEqual(['one', 'two']);
    first.close();
    for (let number = 0; number < 1_200; number += 400) {
      await api.db.transaction(platformScope(), async (tx) => {
        for (let index = number; index < number + 400; index += 1) tx.emit({ type: `n${index}`, tenantId: tenant.id });
      });
    }
    const second = await follow(person, '', first.lastEventId());
    await emit('last');
    const expected = [...Array.from({ length: 1_200 }, (_, index) => `n${index}`), 'last'];
    await expect.poll(() => second.received.length).toBe(expected.length);
    expect(typesOf(second)).toEqual(expected);
  });

  it('tells what happens from now on to who comes back with an id that is not there yet', async () => {
    const stream = await follow(person, '', '999999999999999');
    await emit('after all');
    await expect.poll(() => typesOf(stream)).toEqual(['after all']);
  });

  it('follows the order of commits: of two that overlap, the one that began first and commits last is not lost', async () => {
    const stream = await follow(person);
    const slow = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const early = api.db.transaction(platformScope(), async (tx) => {
      await tx.query('select 1');
      tx.emit({ type: 'began first', tenantId: tenant.id });
      begun.resolve();
      await slow.promise;
    });
    await begun.promise;
    await emit('began second');
    await expect.poll(() => typesOf(stream)).toEqual(['began second']);
    slow.resolve();
    await early;
    await expect.poll(() => typesOf(stream)).toEqual(['began second', 'began first']);

    // The same by hand, with the row of the first written before the second even begins.
    const hand = new Client({ connectionString: api.database.ownerUrl });
    await hand.connect();
    const write = (type: string) =>
      hand.query(`insert into events (id, tenant_id, type) values (gen_random_uuid(), $1, $2)`, [tenant.id, type]);
    await hand.query('begin');
    await write('written first');
    const waiting = emit('written second');
    await expect.poll(async () => waitingForOrder()).toBe(1);
    expect(typesOf(stream)).toHaveLength(2);
    await hand.query('commit');
    await waiting;
    await hand.end();
    await expect.poll(() => typesOf(stream).slice(2)).toEqual(['written first', 'written second']);
    const sequences = stream.received.map(({ data }) => data.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it('narrows to a tenant, a project or an instance, and to what the roles reach', async () => {
    const [mine, other] = [await buildProject(api.db, tenant), await buildProject(api.db, tenant)];
    const member = await signInAs(api, { role: 'viewer', tenantId: tenant.id, projectId: mine.id });
    const administrator = await signInAs(api, { role: 'platform-administrator' });
    const [ofMember, ofAll, ofProject] = [
      await follow(member),
      await follow(administrator),
      await follow(person, `?tenantId=${tenant.id}&projectId=${other.id}`),
    ];
    await emit('mine', { projectId: mine.id });
    await emit('other', { projectId: other.id });
    await emit('whole');
    await emit('platform', { tenantId: null });
    await expect.poll(() => typesOf(ofAll)).toEqual(['mine', 'other', 'whole', 'platform']);
    await expect.poll(() => typesOf(ofProject)).toEqual(['other']);
    await expect.poll(() => typesOf(ofMember)).toEqual(['mine']);
  });

  it('ends when the session is revoked', async () => {
    const leaving = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    const stream = await follow(leaving);
    await leaving.post('/auth/logout');
    await stream.ended;
    expect((await leaving.get('/events/stream')).status).toBe(401);
  });

  it('ends when the caller’s roles change, and tells nothing more of what he lost', async () => {
    const user = await buildUser(api.db, { role: 'viewer', tenantId: tenant.id });
    const stream = await follow(await signIn(api.anyone, user));
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`delete from role_assignments where user_id = ?`, [user.id]),
    );
    await stream.ended;
    await emit('afterwards');
    expect(typesOf(stream)).toEqual([]);
  });

  it('goes on when its connection to the database is cut', async () => {
    const stream = await follow(person);
    await api.db.execute(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'occ-events'`,
    );
    await emit('after the cut');
    await expect.poll(() => typesOf(stream), { timeout: 5_000 }).toEqual(['after the cut']);
  });

  it('holds no connection while nothing happens', async () => {
    for (let count = 0; count < 15; count += 1) await follow(person);
    expect((await person.get('/me')).status).toBe(200);
    const stream = open[14] as OpenStream;
    await emit('to all');
    await expect.poll(() => open.map(typesOf)).toEqual(Array.from({ length: 15 }, () => ['to all']));
    expect(stream.status).toBe(200);
  });
});

describe('the list of events', () => {
  it('is filtered and paged, newest first', async () => {
    for (const type of ['a', 'b', 'a', 'a']) await emit(`list.${type}`);
    const first = await person.get(`/events?type=list.a&type=list.c&limit=2&tenantId=${tenant.id}`);
    expect(first.body.total).toBe(3);
    const rest = await person.get(
      `/events?type=list.a&type=list.c&limit=2&tenantId=${tenant.id}&cursor=${first.body.next}`,
    );
    const sequences = [...first.body.items, ...rest.body.items].map(({ sequence }) => sequence);
    expect(sequences).toHaveLength(3);
    expect(sequences).toEqual(sequences.toSorted((a, b) => b - a));
    expect(rest.body.next).toBeNull();
    const foreign = await person.get(`/events?limit=2&cursor=${first.body.next}`);
    expect(foreign.body.code).toBe('request.cursor-invalid');
  });

  it('is counted up to a bound, however many there are', async () => {
    const { id } = await buildTenant(api.db);
    const reader = await signInAs(api, { role: 'viewer', tenantId: id });
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(
        `insert into events (id, tenant_id, type) select gen_random_uuid(), ?::uuid, 'many' from generate_series(1, 10050)`,
        [id],
      ),
    );
    const list = await reader.get(`/events?tenantId=${id}&limit=2`);
    expect(list.body).toMatchObject({ total: 10_000, items: [{ type: 'many' }, { type: 'many' }] });
    expect(list.body.next).not.toBeNull();
  });

  it('of an instance that is not there is 404', async () => {
    const { body } = await person.get('/instances/01a2039e-1979-7299-a2a6-7476714c25b3/events');
    expect(body.code).toBe('instance.unknown');
  });
});

async function waitingForOrder(): Promise<number> {
  const [row] = await api.db.execute<{ waiting: number }>(
    `select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  return row?.waiting ?? 0;
}
