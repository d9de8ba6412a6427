import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { condition, type Condition } from '../http/list.ts';
import type { EventAnswer, EventFilter } from './event.schema.ts';

/** A row of `events` as hand-written SQL gives it. */
export interface EventRow {
  sequence: string | number;
  type: string;
  tenantId: string | null;
  projectId: string | null;
  instanceId: string | null;
  operationId: string | null;
  actorName: string | null;
  data: Record<string, unknown>;
  createdAt: Date | string;
}

export const eventColumns = `e.sequence, e.type, e.tenant_id as "tenantId", e.project_id as "projectId",
  e.instance_id as "instanceId", e.operation_id as "operationId", e.actor_name as "actorName", e.data,
  e.created_at as "createdAt"`;

/** Row-level security leaves the caller's tenants; this leaves what his roles reach in them, and what he asked for. */
export function eventConditions(filter: EventFilter, reach: Reach): Condition[] {
  const equal = (column: string, id: string | undefined): Condition[] =>
    id === undefined ? [] : [condition(`e.${column} = ?::uuid`, id)];
  return [
    reachCondition(reach, { tenant: 'e.tenant_id', project: 'e.project_id' }),
    ...equal('tenant_id', filter.tenantId),
    ...equal('project_id', filter.projectId),
    ...equal('instance_id', filter.instanceId),
    ...equal('operation_id', filter.operationId),
    ...(filter.type?.length ? [condition('e.type = any (array[?]::text[])', filter.type)] : []),
  ];
}

export const presentEvent = (row: EventRow): EventAnswer => ({
  sequence: Number(row.sequence),
  type: row.type,
  tenantId: row.tenantId,
  projectId: row.projectId,
  instanceId: row.instanceId,
  operationId: row.operationId,
  actorName: row.actorName,
  data: row.data,
  createdAt: new Date(row.createdAt).toISOString(),
});
