import type { Transaction } from '../../persistence/transaction.ts';

/**
 * Instances whose layers render to the same bytes with a version of a template are at that version from now on, without
 * an operation and without a new revision.
 */
export async function bindUnchanged(
  tx: Transaction,
  order: { tenantId: string; instanceIds: readonly string[]; templateId: string; version: number },
): Promise<void> {
  const { tenantId, instanceIds, templateId, version } = order;
  const binding = [templateId, version, tenantId, `{${instanceIds.join(',')}}`];
  await tx.query(
    `update revisions r set template_id = ?, template_version = ? from instances i
     where i.tenant_id = ? and i.id = any (?::uuid[])
       and r.tenant_id = i.tenant_id and r.instance_id = i.id and r.number = i.revision`,
    binding,
  );
  await tx.query(
    'update instances set template_id = ?, template_version = ? where tenant_id = ? and id = any (?::uuid[])',
    binding,
  );
}
