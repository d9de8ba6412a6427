import type { z } from 'zod';
import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { timeOf } from '../http/fields.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { DriftFinding } from './drift.entity.ts';
import type { DriftAnswer, DriftQuery } from './drift.schema.ts';

interface DriftRow extends Omit<DriftAnswer, 'checkedAt' | 'driftedSince'> {
  findings: DriftFinding[];
  checkedAt: Date | string;
  driftedSince: Date | string | null;
}

const columns = `d.instance_id as "instanceId", d.tenant_id as "tenantId", i.project_id as "projectId", i.name, d.state,
  d.findings, d.revision, d.checked_at as "checkedAt", d.drifted_since as "driftedSince", d.operation_id as "operationId"`;
const tables = 'drifts d join instances i on i.tenant_id = d.tenant_id and i.id = d.instance_id';

const sortKeys = {
  checkedAt: [
    { sql: 'd.checked_at', cast: 'timestamptz' },
    { sql: 'd.instance_id', cast: 'uuid' },
  ],
} as const;

export const listDrifts = (
  tx: Transaction,
  reach: Reach,
  { tenantId, projectId, state, sort, limit, cursor }: z.output<typeof DriftQuery>,
): Promise<Page<DriftRow>> =>
  readPage<DriftRow>(tx, {
    name: 'drifts',
    select: columns,
    from: tables,
    where: [
      condition('i.deleted_at is null'),
      reachCondition(reach, { tenant: 'd.tenant_id', project: 'i.project_id' }),
      ...(tenantId ? [condition('d.tenant_id = ?', tenantId)] : []),
      ...(projectId ? [condition('i.project_id = ?', projectId)] : []),
      ...(state ? [condition('d.state = any (array[?]::text[])', state)] : []),
    ],
    sort: sortOf(sortKeys, sort),
    limit,
    cursor,
  });

/** What the last comparison of an instance found; null before the first one. */
export async function readDrift(tx: Transaction, instanceId: string): Promise<DriftRow | null> {
  const [row] = await tx.query<DriftRow>(`select ${columns} from ${tables} where d.instance_id = ?`, [instanceId]);
  return row ?? null;
}

export const presentDrift = (row: DriftRow): DriftAnswer => ({
  instanceId: row.instanceId,
  tenantId: row.tenantId,
  projectId: row.projectId,
  name: row.name,
  state: row.state,
  findings: row.findings,
  revision: row.revision,
  checkedAt: timeOf(row.checkedAt),
  driftedSince: row.driftedSince ? timeOf(row.driftedSince) : null,
  operationId: row.operationId,
});
