import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Instance } from '../../instances/instance.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { insertRevisions } from '../commands/insert-revisions.ts';
import type { Rollout } from '../rollout.entity.ts';
import { planTargets } from '../targets/plan-targets.ts';
import { selectCandidates } from '../targets/select-candidates.ts';
import { requesterOfRollout } from './requester-of-rollout.ts';

/**
 * What the rollout brings to an instance that the rollout before it has taken to another revision meanwhile: planned
 * anew on what is there now, so that nothing of the older one is undone. Its operation has the agent's own program check it.
 * @returns the revision to go to, null where there is nothing left to change
 * @throws Problem those of `planTargets`, and why the instance is left alone
 */
export async function replanTarget(tx: Transaction, rollout: Rollout, instance: Instance): Promise<number | null> {
  const { tenantId, change } = rollout;
  const candidates = await selectCandidates(tx, tenantId, { instanceIds: [instance.id] });
  // Its version was published when the rollout was asked for; that another one is now changes nothing.
  const [planned] = await planTargets(tx, tenantId, change, candidates, { ofAnyStatus: true });
  const number = await (async () => {
    switch (planned?.outcome.do) {
      case 'change': {
        if ('toRevision' in planned.outcome) return planned.outcome.toRevision;
        const revision = { instanceId: instance.id, content: planned.outcome.revision };
        const numbers = await insertRevisions(tx, tenantId, [revision], requesterOfRollout(rollout));
        return numbers.get(instance.id) ?? null;
      }
      case 'refuse':
        throw new Problem(planned.outcome.refusal.code, planned.outcome.refusal.detail);
      default:
        return null;
    }
  })();
  if (number === null && change.kind === 'configuration') {
    Object.assign(instance, { templateId: change.templateId, templateVersion: change.version });
  }
  await tx.query(
    'update rollout_targets set from_revision = ?, to_revision = ? where rollout_id = ? and instance_id = ?',
    [instance.revision, number ?? instance.revision, rollout.id, instance.id],
  );
  return number;
}
