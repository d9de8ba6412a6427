import { callerOf } from '../../server/access/role-caller.ts';
import { createRights, type Rights } from '../../server/access/rights.ts';
import type { Assignment } from '../../server/access/caller.ts';
import { permissions } from '../../server/access/permissions.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import { startApi } from '../factories/start-api.ts';
import { startOwnPostgres } from '../platform/postgres.ts';
import { quantile, type Figure } from './figures.ts';
import { fillRights } from './fill-rights.ts';
import { measureChanges } from './rights-changes.ts';
import { measureShares } from './rights-shares.ts';
import type { BenchOptions } from './run.ts';

/** Of people drawn at random, each with one question. */
const checks = 50_000;

/**
 * What a decision costs with many tenants and assignments, how long a change needs to reach three replicas, and which
 * part of a request's time goes into knowing who asks, what he may do, keeping tenants apart, and recording it.
 */
export async function benchRights({ pairs, report, keep }: BenchOptions): Promise<Figure[]> {
  report('starting PostgreSQL and an api');
  const postgres = keep(await startOwnPostgres());
  process.env.TEST_POSTGRES_URL = await postgres.database('occ');
  const api = await startApi();
  keep({ stop: () => api.close() });

  report('filling tenants and assignments');
  const filled = await fillRights(api.database.ownerUrl);
  const people = await peopleOf(api.db);

  report(`${checks} checks`);
  const { first, warm } = await measureChecks(await createRights({ db: api.db }), people);
  report('changes to three replicas');
  const changes = await measureChanges(api, pairs);
  report('shares of a request’s time');
  const shares = await measureShares(api);

  const ms = (name: string, value: number, target?: Figure['target']): Figure => ({ name, value, unit: 'ms', target });
  return [
    { name: 'rights-tenants', value: filled.tenants, target: { atLeast: 10_000 } },
    { name: 'rights-assignments', value: filled.assignments, target: { atLeast: 100_000 } },
    { name: 'rights-tenants-with-own-roles', value: filled.ownRoles },
    ms('rights-first-check-of-a-tenant-median', quantile(first, 0.5)),
    ms('rights-first-check-of-a-tenant-p99', quantile(first, 0.99)),
    ms('rights-check-median', quantile(warm, 0.5)),
    ms('rights-check-p99', quantile(warm, 0.99), { atMost: 1 }),
    { name: 'rights-changes', value: changes.length, target: { atLeast: 10 } },
    ms('rights-change-to-all-replicas-median', quantile(changes, 0.5)),
    ms('rights-change-to-all-replicas-longest', quantile(changes, 1), { atMost: 2_000 }),
    ...shares,
  ];
}

interface Person {
  userId: string;
  assignments: Assignment[];
}

const peopleOf = (db: Database): Promise<Person[]> =>
  db.transaction(platformScope(), (tx) =>
    tx.query<Person>(
      `select a.user_id as "userId", jsonb_agg(jsonb_build_object(
         'role', a.role, 'tenantId', a.tenant_id, 'projectId', a.project_id, 'roleGeneration', r.generation)) as assignments
       from role_assignments a left join roles r on r.id = a.custom_role_id group by a.user_id`,
    ),
  );

/** The way of a request: the definitions of his roles, the caller, one question about one of his tenants. */
async function measureChecks(rights: Rights, people: readonly Person[]): Promise<{ first: number[]; warm: number[] }> {
  const check = async ({ userId, assignments }: Person, n: number): Promise<number> => {
    const { tenantId } = assignments[n % assignments.length] ?? {};
    const permission = permissions[n % permissions.length];
    if (!tenantId || !permission) throw new Error('there is nobody to ask about');
    const startedMs = performance.now();
    const decisions = await rights.knowing(assignments);
    callerOf({ userId, name: '', displayName: '', sessionId: '', assignments }, decisions).can(permission, {
      tenantId,
    });
    return performance.now() - startedMs;
  };
  const first: number[] = [];
  const seen = new Set<string>();
  for (const person of people) {
    const own = person.assignments.filter(
      ({ roleGeneration, tenantId }) => roleGeneration && !seen.has(tenantId ?? ''),
    );
    if (own.length === 0) continue;
    for (const { tenantId } of own) seen.add(tenantId ?? '');
    first.push(await check(person, 0));
  }
  const warm: number[] = [];
  for (let n = 0; n < checks; n += 1) {
    const person = people[Math.floor(Math.random() * people.length)];
    if (!person) throw new Error('there is nobody to ask about');
    warm.push(await check(person, n));
  }
  return { first, warm };
}
