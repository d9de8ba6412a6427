import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { createRollout } from '../../rollouts/commands/create-rollout.ts';
import { rebindRevisions } from '../../rollouts/commands/rebind-revisions.ts';
import type { RolloutChange, RolloutStrategy } from '../../rollouts/rollout.types.ts';
import { planTargets } from '../../rollouts/targets/plan-targets.ts';
import { selectCandidates } from '../../rollouts/targets/select-candidates.ts';
import type { ConfigTemplate } from '../config-template.entity.ts';

export interface PushConfig {
  template: ConfigTemplate;
  version: number;
  strategy: RolloutStrategy;
  by: Requester;
}

type ConfigurationChange = Extract<RolloutChange, { kind: 'configuration' }>;

/**
 * Brings a published version to the instances that are bound to the template, by a rollout.
 * @returns the id of the rollout, or null where there is nothing to bring: none is bound, or all run these bytes already
 * @throws Problem those of `createRollout` but 'rollout.no-targets'
 */
export async function pushConfig(tx: Transaction, order: PushConfig): Promise<string | null> {
  const { template, version, strategy, by } = order;
  const { tenantId, id: templateId } = template;
  if (!(await isOutdatedAnywhere(tx, order))) return null;
  const change: ConfigurationChange = { kind: 'configuration', templateId, version };
  const selection = { templateId };
  try {
    const name = `${template.name} version ${version}`;
    const { id } = await createRollout(tx, { tenantId, name, change, selection, strategy, by });
    return id;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'rollout.no-targets') throw error;
    await bindTheUnchanged(tx, tenantId, change);
    return null;
  }
}

async function isOutdatedAnywhere(tx: Transaction, { template, version }: PushConfig): Promise<boolean> {
  const rows = await tx.query(
    `select from instances
     where tenant_id = ? and template_id = ? and template_version is distinct from ? and deleted_at is null limit 1`,
    [template.tenantId, template.id, version],
  );
  return rows.length > 0;
}

async function bindTheUnchanged(tx: Transaction, tenantId: string, change: ConfigurationChange): Promise<void> {
  const candidates = await selectCandidates(tx, tenantId, { templateId: change.templateId });
  const planned = await planTargets(tx, tenantId, change, candidates);
  const unchanged = planned.flatMap(({ candidate, outcome }) =>
    outcome.do === 'nothing' ? [{ candidate, rebound: outcome.rebound ?? null }] : [],
  );
  await rebindRevisions(tx, tenantId, unchanged);
}
