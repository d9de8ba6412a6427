import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { ConfigTemplate } from '../config-template.entity.ts';
import { recordConfig } from '../record-config.ts';

/**
 * Removes a template that nothing is bound to; one that revisions were made from stays to be read, as retired. The
 * full row lock waits for those who are about to bind to it.
 * @throws Problem 'config.unknown', 'config.in-use', 'request.stale'
 */
export async function deleteConfig(
  tx: Transaction,
  { id, expectedGeneration, by }: { id: string; expectedGeneration: number; by: Requester },
): Promise<void> {
  await tx.query('select id from config_templates where id = ? for update', [id]);
  const template = await tx.em.findOne(ConfigTemplate, { id }, { refresh: true });
  if (!template) throw new Problem('config.unknown', id);
  requireGeneration(template, expectedGeneration);
  const use = await useOf(tx, template);
  if (use.instances > 0) {
    throw new Problem('config.in-use', `${use.instances} instances`, { extra: { instances: use.instances } });
  }
  if (use.everUsed) {
    template.retiredAt ??= new Date();
    template.generation += 1;
    template.updatedAt = new Date();
    recordConfig(tx, 'retire', template, by);
    return;
  }
  recordConfig(tx, 'delete', template, by);
  await tx.em.nativeDelete(ConfigTemplate, { tenantId: template.tenantId, id });
}

async function useOf(
  tx: Transaction,
  { tenantId, id }: ConfigTemplate,
): Promise<{ instances: number; everUsed: boolean }> {
  const [use] = await tx.query<{ instances: number; everUsed: boolean }>(
    `select (select count(*)::int from instances
              where tenant_id = ? and template_id = ? and deleted_at is null) as instances,
       exists (select from instances where tenant_id = ? and template_id = ?)
         or exists (select from revisions where tenant_id = ? and template_id = ?) as "everUsed"`,
    [tenantId, id, tenantId, id, tenantId, id],
  );
  return use ?? { instances: 0, everUsed: false };
}
