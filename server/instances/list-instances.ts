import type { z } from 'zod';
import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage, type Condition } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { sortOf } from '../http/sort.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { instanceColumns, instanceJoins, type InstanceRow } from './instance-row.ts';
import type { InstanceQuery } from './instance.schema.ts';
import { rollbacksAtMost } from './left-alone.ts';

const id = { sql: 'i.id', cast: 'uuid' } as const;
const sortKeys = {
  name: [{ sql: 'i.name', cast: 'text' }, id],
  createdAt: [{ sql: 'i.created_at', cast: 'timestamptz' }, id],
  phaseSince: [{ sql: 'i.phase_since', cast: 'timestamptz' }, id],
} as const;

export const listInstances = (
  tx: Transaction,
  reach: Reach,
  query: z.output<typeof InstanceQuery>,
): Promise<Page<InstanceRow>> =>
  readPage<InstanceRow>(tx, {
    name: 'instances',
    select: instanceColumns,
    from: 'instances i',
    joins: { to: 'i', sql: instanceJoins },
    where: [reachCondition(reach, { tenant: 'i.tenant_id', project: 'i.project_id' }), ...filters(query)],
    sort: sortOf(sortKeys, query.sort),
    limit: query.limit,
    cursor: query.cursor,
  });

function* filters(query: z.output<typeof InstanceQuery>): Iterable<Condition> {
  const { tenantId, projectId, clusterId, templateId, templateVersion, phase, name, label, drift, leftAlone } = query;
  if (tenantId) yield condition('i.tenant_id = ?', tenantId);
  if (projectId) yield condition('i.project_id = ?', projectId);
  if (clusterId) yield condition('i.cluster_id = ?', clusterId);
  if (templateId) yield condition('i.template_id = ?', templateId);
  if (templateVersion) yield condition('i.template_version = ?', templateVersion);
  if (phase) yield condition('i.phase = any (array[?]::text[])', phase);
  else yield condition(`i.phase <> 'Deleted'`);
  if (drift) {
    yield condition(
      `exists (select from drifts d where d.tenant_id = i.tenant_id and d.instance_id = i.id and d.state = any (array[?]::text[]))`,
      drift,
    );
  }
  if (leftAlone !== undefined) yield condition('(i.rollbacks >= ?) = ?', rollbacksAtMost, leftAlone);
  if (name) yield containsText(['i.name'], name);
  for (const pair of label ?? []) {
    const at = pair.indexOf('=');
    const wanted = at < 0 ? {} : { [pair.slice(0, at)]: pair.slice(at + 1) };
    yield at < 0
      ? condition('jsonb_exists(i.labels, ?)', pair)
      : condition('i.labels @> ?::jsonb', JSON.stringify(wanted));
  }
}
