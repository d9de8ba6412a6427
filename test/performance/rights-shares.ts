import { createRights } from '../../server/access/rights.ts';
import { callerOf } from '../../server/access/role-caller.ts';
import { presentInstanceSummary } from '../../server/instances/instance.presenter.ts';
import type { InstanceRow } from '../../server/instances/instance-row.ts';
import type { Caller } from '../../server/access/caller.ts';
import { tenantScope, type Database } from '../../server/persistence/database.ts';
import { Client } from 'pg';
import { buildUser } from '../factories/people.ts';
import type { TestApi } from '../factories/start-api.ts';
import { quantile, type Figure } from './figures.ts';
import { fillInstances } from './fill-instances.ts';
import { listStatements } from './list-statements.ts';

const times = 200;

/**
 * Each part alone, and the whole request over HTTP, in turns. A list of 50 of 1,000 instances for authentication, rights
 * and row-level security; a change of a project's name for the audit.
 */
export async function measureShares({ db, database, anyone }: TestApi): Promise<Figure[]> {
  const { tenantId, projectIds } = await fillInstances(database.ownerUrl, { instances: 1_000 });
  const user = await buildUser(db, { role: 'tenant-administrator', tenantId });
  const { body } = await anyone.post('/auth/token', {
    grant_type: 'password',
    username: user.name,
    password: user.password,
  });
  const person = anyone.with({ Authorization: `Bearer ${body.access_token}` });
  const sessionId = sessionOf(body.access_token);
  const statements = await listStatements(tenantId);
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  try {
    const { rows } = await owner.query<InstanceRow>(statements[0] ?? '');
    const assignments = [{ role: 'tenant-administrator', tenantId, projectId: null }];
    const identity = { userId: user.id, name: user.name, displayName: '', sessionId, assignments };
    const caller = callerOf(identity, await (await createRights({ db })).knowing(assignments));
    const allowed = { can: () => true } as unknown as Caller;
    const present = (who: Caller) => rows.map((row) => presentInstanceSummary(row, who));
    const project = `/projects/${projectIds[0]}`;
    let etag = (await person.get(project)).headers.get('ETag') ?? '';

    const measured = await inTurns({
      list: async () => ok((await person.get('/instances?limit=50')).status),
      authentication: async () => db.execute('select * from occ_authenticate(?, ?::uuid)', [null, sessionId]),
      presented: async () => present(caller),
      presentedUnasked: async () => present(allowed),
      isolated: () => asApp(db, tenantId, statements),
      plain: async () => {
        for (const statement of statements) await owner.query(statement);
      },
      change: async () => {
        const changed = await person.put(project, { name: 'project-1', displayName: 'Project 1' }, etag);
        etag = changed.headers.get('ETag') ?? '';
        ok(changed.status);
      },
      audited: () => emptyChange(db, tenantId, user.id, true),
      unaudited: () => emptyChange(db, tenantId, user.id, false),
    });
    const share = (name: string, partMs: number, wholeMs: number): Figure => ({
      name: `rights-share-of-${name}`,
      value: (Math.max(0, partMs) / wholeMs) * 100,
      unit: '%',
    });
    return [
      { name: 'rights-list-request-median', value: measured.list, unit: 'ms' },
      share('authentication', measured.authentication, measured.list),
      share('rights', measured.presented - measured.presentedUnasked, measured.list),
      share('row-level-security', measured.isolated - measured.plain, measured.list),
      { name: 'rights-change-request-median', value: measured.change, unit: 'ms' },
      share('audit', measured.audited - measured.unaudited, measured.change),
    ];
  } finally {
    await owner.end();
  }
}

async function inTurns<Name extends string>(
  parts: Record<Name, () => Promise<unknown>>,
): Promise<Record<Name, number>> {
  const entries = Object.entries(parts) as [Name, () => Promise<unknown>][];
  const taken = new Map<Name, number[]>(entries.map(([name]) => [name, []]));
  for (let turn = 0; turn < times + 20; turn += 1) {
    for (const [name, part] of entries) {
      const startedMs = performance.now();
      await part();
      // The first turns are for warming up.
      if (turn >= 20) taken.get(name)?.push(performance.now() - startedMs);
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, quantile(taken.get(name) ?? [], 0.5)])) as Record<
    Name,
    number
  >;
}

const asApp = (db: Database, tenantId: string, statements: readonly string[]): Promise<void> =>
  db.transaction(tenantScope(tenantId), async (tx) => {
    for (const statement of statements) await tx.query(statement);
  });

const emptyChange = (db: Database, tenantId: string, userId: string, isAudited: boolean): Promise<void> =>
  db.transaction(tenantScope(tenantId), async (tx) => {
    await tx.query('select 1');
    if (!isAudited) return;
    tx.audit({
      tenantId,
      actorId: userId,
      actorName: 'bench',
      action: 'project.update',
      objectType: 'project',
      outcome: 'succeeded',
    });
  });

const sessionOf = (token: string): string => {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };
  return claims.sid;
};

function ok(status: number): void {
  if (status !== 200) throw new Error(`a request was answered ${status}`);
}
