import type { Transaction } from '../../persistence/transaction.ts';
import type { RolloutPlan } from '../plan-rollout.ts';

/**
 * What a revision renders to is for ever; which layers that comes from is told anew where they render to the same. So
 * instances that run what a template's version says already are at that version, without an operation.
 */
export async function rebindRevisions(
  tx: Transaction,
  tenantId: string,
  unchanged: RolloutPlan['unchanged'],
): Promise<void> {
  const rows = unchanged.flatMap(({ candidate: { instanceId, revision }, rebound }) => {
    if (!rebound) return [];
    const { templateId, templateVersion, variables, overrides, provenance } = rebound;
    return [{ instanceId, revision, templateId, templateVersion, variables, overrides, provenance }];
  });
  if (rows.length === 0) return;
  await tx.query(
    `with told as (
       select * from jsonb_to_recordset(?::jsonb) as x ("instanceId" uuid, revision int, "templateId" uuid,
         "templateVersion" int, variables jsonb, overrides jsonb, provenance jsonb)
     ), rewritten as (
       update revisions r set template_id = told."templateId", template_version = told."templateVersion",
         variables = told.variables, overrides = told.overrides, provenance = told.provenance
       from told where r.tenant_id = ? and r.instance_id = told."instanceId" and r.number = told.revision
     )
     update instances i set template_id = told."templateId", template_version = told."templateVersion"
     from told where i.tenant_id = ? and i.id = told."instanceId" and i.revision = told.revision`,
    [JSON.stringify(rows), tenantId, tenantId],
  );
}
