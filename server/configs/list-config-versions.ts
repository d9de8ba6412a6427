import type { z } from 'zod';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { ConfigVersion } from './config-version.entity.ts';
import type { ConfigVersionQuery } from './config.schema.ts';

export interface ConfigVersionRow {
  version: number;
  status: ConfigVersion['status'];
  reason: string;
  createdByName: string;
  createdAt: Date | string;
  publishedAt: Date | string | null;
  instances: number;
}

/** The newest first. */
export const listConfigVersions = (
  tx: Transaction,
  { tenantId, id }: { tenantId: string; id: string },
  { limit, cursor }: z.output<typeof ConfigVersionQuery>,
): Promise<Page<ConfigVersionRow>> =>
  readPage<ConfigVersionRow>(tx, {
    name: 'config-versions',
    select: `v.version, v.status, v.reason, v.created_by_name as "createdByName", v.created_at as "createdAt",
      v.published_at as "publishedAt", b.instances`,
    from: 'config_versions v',
    joins: {
      to: 'v',
      sql: `join lateral (
        select count(*)::int as instances from instances
        where template_id = v.template_id and template_version = v.version and tenant_id = v.tenant_id
          and deleted_at is null) b on true`,
    },
    where: [condition('v.tenant_id = ? and v.template_id = ?', tenantId, id)],
    sort: { keys: [{ sql: 'v.version', cast: 'bigint' }], descending: true },
    limit,
    cursor,
  });

export async function instancesAtVersion(
  tx: Transaction,
  { tenantId, templateId, version }: Pick<ConfigVersion, 'tenantId' | 'templateId' | 'version'>,
): Promise<number> {
  const [counted] = await tx.query<{ instances: number }>(
    `select count(*)::int as instances from instances
     where tenant_id = ? and template_id = ? and template_version = ? and deleted_at is null`,
    [tenantId, templateId, version],
  );
  return counted?.instances ?? 0;
}
