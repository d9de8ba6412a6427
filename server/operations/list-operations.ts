import type { z } from 'zod';
import { activeOperationPhases } from '../../workflows/contracts/phases.ts';
import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { condition, readPage, type Condition } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { newestColumn } from './newest-operation.ts';
import type { OperationRow } from './operation.presenter.ts';
import type { OperationQuery } from './operation.schema.ts';

const sortKeys = {
  createdAt: [
    { sql: 'o.created_at', cast: 'timestamptz' },
    { sql: 'o.id', cast: 'uuid' },
  ],
} as const;

export const listOperations = (
  tx: Transaction,
  reach: Reach,
  query: z.output<typeof OperationQuery>,
): Promise<Page<OperationRow>> =>
  readPage<OperationRow>(tx, {
    name: 'operations',
    select: `o.id, o.tenant_id as "tenantId", o.project_id as "projectId", o.instance_id as "instanceId", o.kind, o.phase,
      o.generation, o.subject_name as "subjectName", o.revision, o.previous_revision as "previousRevision", o.error,
      o.retry_of as "retryOf", o.superseded_by as "supersededBy", o.requested_by_name as "requestedByName",
      o.request_id as "requestId", o.cancel_requested_at as "cancelRequestedAt", o.created_at as "createdAt",
      o.started_at as "startedAt", o.ended_at as "endedAt", o.input, ${newestColumn} as newest,
      (select created_by from instances where tenant_id = o.tenant_id and id = o.instance_id) as "instanceCreatedBy"`,
    from: 'operations o',
    where: [reachCondition(reach, { tenant: 'o.tenant_id', project: 'o.project_id' }), ...filters(query)],
    sort: sortOf(sortKeys, query.sort),
    limit: query.limit,
    cursor: query.cursor,
  });

function* filters(query: z.output<typeof OperationQuery>): Iterable<Condition> {
  const { tenantId, projectId, instanceId, kind, phase, active } = query;
  if (tenantId) yield condition('o.tenant_id = ?', tenantId);
  if (projectId) yield condition('o.project_id = ?', projectId);
  if (instanceId) yield condition('o.instance_id = ?', instanceId);
  if (kind) yield condition('o.kind = any (array[?]::text[])', kind);
  if (phase) yield condition('o.phase = any (array[?]::text[])', phase);
  if (active !== undefined) {
    yield condition(`(o.phase = any (array[?]::text[])) = ?`, [...activeOperationPhases], active);
  }
}
