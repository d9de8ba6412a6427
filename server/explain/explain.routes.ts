import type { z } from 'zod';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import { requireTenantOfProject } from '../access/require-tenant-of-project.ts';
import type { Rights } from '../access/rights.ts';
import { route, type AccessScope, type Route } from '../http/route.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { explainAccess } from './explain-access.ts';
import { ExplainQuery, Explanation } from './explain.schema.ts';
import { personWithRoles } from './people-in.ts';

export interface ExplainDeps {
  rights: Rights;
}

export const explainRoutes = ({ rights }: ExplainDeps): Route[] => [
  route({
    method: 'get',
    path: '/access/explain',
    operationId: 'explainAccess',
    summary: 'Why somebody may do something somewhere, or why not; who can do it, and who could give the right',
    permission: 'signed-in',
    runsAs: 'platform',
    query: ExplainQuery,
    responses: { 200: Explanation },
    errors: [
      'request.unfit',
      'request.not-found',
      'instance.unknown',
      'project.unknown',
      'member.unknown',
      'access.denied',
    ],
    async handle({ input: { query }, caller, tx, authorize }) {
      if (!query.instanceId) requireTenantOfProject(query);
      const on = await placeOf(tx, query, caller);
      const { userId = caller.userId, permission } = query;
      // Of himself anybody may ask, of others who sees the members there.
      if (userId !== caller.userId) authorize(on, 'member:read');
      const person = await personWithRoles(tx, userId);
      if (!person || !isKnownTo(caller, userId, on, person.assignments)) throw new Problem('member.unknown');
      return { status: 200, body: await explainAccess(tx, rights, { person, permission, on, caller }) };
    },
  }),
];

/**
 * The transaction sees every tenant, so that what the caller has no part in is left out here, and answered like what
 * does not exist.
 */
async function placeOf(
  tx: Transaction,
  { tenantId, projectId, instanceId }: z.output<typeof ExplainQuery>,
  caller: Caller,
): Promise<AccessScope> {
  const isPart = (id: string): boolean => caller.isPlatform || caller.tenantIds.includes(id);
  if (instanceId) {
    const [instance] = await tx.query<{ tenantId: string; projectId: string; createdBy: string | null }>(
      `select tenant_id as "tenantId", project_id as "projectId", created_by as "createdBy" from instances where id = ?`,
      [instanceId],
    );
    if (!instance || !isPart(instance.tenantId)) throw new Problem('instance.unknown');
    return instance;
  }
  if (!tenantId) return 'platform';
  const [tenant] = await tx.query(`select id from tenants where id = ?`, [tenantId]);
  if (!tenant || !isPart(tenantId)) throw new Problem('request.not-found');
  if (!projectId) return { tenantId };
  const [project] = await tx.query(`select id from projects where tenant_id = ? and id = ?`, [tenantId, projectId]);
  if (!project) throw new Problem('project.unknown');
  return { tenantId, projectId };
}

/** Others are known where they are members: else the answer would tell which accounts there are. */
const isKnownTo = (
  caller: Caller,
  userId: string,
  on: AccessScope,
  assignments: readonly { tenantId: string | null }[],
): boolean =>
  userId === caller.userId ||
  caller.isPlatform ||
  (on !== 'platform' && assignments.some(({ tenantId }) => tenantId === on.tenantId));
