import type { z } from 'zod';
import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { condition, readPage, type Condition } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { rolloutColumns, rolloutJoins, type RolloutRow } from './rollout-row.ts';
import type { RolloutQuery } from './rollout.schema.ts';

const sortKeys = {
  createdAt: [
    { sql: 'r.created_at', cast: 'timestamptz' },
    { sql: 'r.id', cast: 'uuid' },
  ],
} as const;

export const listRollouts = (
  tx: Transaction,
  reach: Reach,
  query: z.output<typeof RolloutQuery>,
): Promise<Page<RolloutRow>> =>
  readPage<RolloutRow>(tx, {
    name: 'rollouts',
    select: rolloutColumns,
    from: 'rollouts r',
    joins: { to: 'r', sql: rolloutJoins },
    where: [reachCondition(reach, { tenant: 'r.tenant_id', project: 'r.project_id' }), ...filters(query)],
    sort: sortOf(sortKeys, query.sort),
    limit: query.limit,
    cursor: query.cursor,
  });

function* filters(query: z.output<typeof RolloutQuery>): Iterable<Condition> {
  const { tenantId, projectId, phase, kind, instanceId, templateId } = query;
  if (tenantId) yield condition('r.tenant_id = ?', tenantId);
  if (projectId) yield condition('r.project_id = ?', projectId);
  if (phase) yield condition('r.phase = any (array[?]::text[])', phase);
  if (kind) yield condition('r.kind = any (array[?]::text[])', kind);
  if (templateId) yield condition(`r.change ->> 'templateId' = ?`, templateId.toLowerCase());
  if (instanceId) {
    yield condition(
      'exists (select from rollout_targets t where t.rollout_id = r.id and t.instance_id = ?::uuid)',
      instanceId,
    );
  }
}
