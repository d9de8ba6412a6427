import { rulesOf } from '../../../activities/adapters/registry.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { LayerReader } from '../../configs/layer-reader.ts';
import { ownLayerOf } from '../../configs/own-layer.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { columnsOfPlan, planLayeredRevision } from '../../revisions/plan-layered-revision.ts';
import type { RolloutChange } from '../rollout.types.ts';
import { refuse, type Candidate, type Outcome } from './candidate.ts';
import { impactOf, isSame } from './impact.ts';

type Change = Extract<RolloutChange, { kind: 'configuration' }>;

/**
 * A published version of a template (of any status where it is only looked at), rendered with the layers of each candidate. One that was not bound to the template
 * is so from then on. What lies above the instances is read and resolved once.
 * @throws Problem 'config.unknown', 'config.version-unknown', 'config.retired', 'config.not-published',
 *   'config.version-retired'; the planner those of `planLayeredRevision`
 */
export async function planConfigurations(
  tx: Transaction,
  tenantId: string,
  { templateId, version: number, variables }: Change,
  ofAnyStatus: boolean,
): Promise<(candidate: Candidate) => Promise<Outcome>> {
  const layers = new LayerReader(tx);
  const { template, version } = await layers.version(tenantId, templateId, number);
  if (template.retiredAt) throw new Problem('config.retired', template.name);
  if (!ofAnyStatus && version.status === 'draft') {
    throw new Problem('config.not-published', `Version ${number} is a draft.`);
  }
  if (!ofAnyStatus && version.status === 'retired') throw new Problem('config.version-retired', `version ${number}`);
  const rules = rulesOf(template.agentKind);
  return async (candidate) => {
    const { present, projectId, agentKind } = candidate;
    if (agentKind !== template.agentKind) {
      return refuse('config.kind-mismatch', `It is an agent of another kind: ${agentKind}.`);
    }
    if (template.projectId && template.projectId !== projectId) {
      return refuse('config.unknown', 'The template is for another project.');
    }
    const wanted = {
      template: { id: templateId, version: number },
      // Variables of another template mean nothing here.
      variables: { ...(present.templateId === templateId && present.variables), ...variables },
      overrides: ownLayerOf(present),
    };
    const plan = await planLayeredRevision(tx, layers, rules, { tenantId, projectId }, wanted, present.resources);
    const revision = { agentVersionId: present.agentVersionId, ...columnsOfPlan(plan) };
    if (isSame(present, revision)) return { do: 'nothing', rebound: revision };
    return { do: 'change', impact: impactOf(candidate, revision), revision };
  };
}
