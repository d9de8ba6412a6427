import type { z } from 'zod';
import type { TargetPhase } from '../../workflows/contracts/phases.ts';
import { containsText } from '../http/contains-text.ts';
import { timeOf } from '../http/fields.ts';
import { condition, readPage, type Condition } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { RecordedError } from '../operations/operation.entity.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Rollout } from './rollout.entity.ts';
import type { RolloutTargetAnswer, RolloutTargetQuery } from './rollout-target.schema.ts';

interface TargetRow {
  instanceId: string;
  name: string;
  projectName: string;
  wave: number;
  position: number;
  phase: TargetPhase;
  instancePhase: string;
  fromRevision: number;
  toRevision: number;
  operationId: string | null;
  rollbackOperationId: string | null;
  attempts: number;
  error: RecordedError | null;
  startedAt: Date | string | null;
  endedAt: Date | string | null;
}

const sortKeys = { position: [{ sql: 't.position', cast: 'bigint' }] } as const;

/** SQL: why the operation of a target that is under way does not come on, such as a cluster that is away. */
const heldUpBy = `(
  select s.error from operation_steps s
  where s.tenant_id = t.tenant_id and t.phase in ('Updating', 'RollingBack') and s.state in ('Waiting', 'Running')
    and s.operation_id = case t.phase when 'Updating' then t.operation_id else t.rollback_operation_id end
    and s.error is not null
  order by s.position desc limit 1)`;

export const listTargets = (
  tx: Transaction,
  { tenantId, id }: Pick<Rollout, 'tenantId' | 'id'>,
  query: z.output<typeof RolloutTargetQuery>,
): Promise<Page<TargetRow>> =>
  readPage<TargetRow>(tx, {
    name: 'rollout-targets',
    select: `t.instance_id as "instanceId", i.name, p.name as "projectName", t.wave, t.position, t.phase,
      i.phase as "instancePhase", t.from_revision as "fromRevision", t.to_revision as "toRevision",
      t.operation_id as "operationId", t.rollback_operation_id as "rollbackOperationId", t.attempts,
      coalesce(t.error, ${heldUpBy}) as error,
      t.started_at as "startedAt", t.ended_at as "endedAt"`,
    from: `rollout_targets t join instances i on i.tenant_id = t.tenant_id and i.id = t.instance_id
      join projects p on p.tenant_id = i.tenant_id and p.id = i.project_id`,
    where: [condition('t.tenant_id = ? and t.rollout_id = ?', tenantId, id), ...filters(query)],
    sort: sortOf(sortKeys, query.sort),
    limit: query.limit,
    cursor: query.cursor,
  });

function* filters({ wave, phase, name, instanceId }: z.output<typeof RolloutTargetQuery>): Iterable<Condition> {
  if (wave) yield condition('t.wave = ?', wave);
  if (phase) yield condition('t.phase = any (array[?]::text[])', phase);
  if (name) yield containsText(['i.name'], name);
  if (instanceId) yield condition('t.instance_id = ?', instanceId);
}

export const presentTarget = ({ startedAt, endedAt, ...row }: TargetRow): RolloutTargetAnswer => ({
  instanceId: row.instanceId,
  name: row.name,
  projectName: row.projectName,
  wave: row.wave,
  position: row.position,
  phase: row.phase,
  instancePhase: row.instancePhase,
  fromRevision: row.fromRevision,
  toRevision: row.toRevision,
  operationId: row.operationId,
  rollbackOperationId: row.rollbackOperationId,
  attempts: row.attempts,
  error: row.error,
  startedAt: startedAt && timeOf(startedAt),
  endedAt: endedAt && timeOf(endedAt),
});
