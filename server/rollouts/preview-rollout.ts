import type { Transaction } from '../persistence/transaction.ts';
import { planRollout, type PlannedTarget, type RolloutOrder } from './plan-rollout.ts';
import type { RolloutPreview } from './rollout.schema.ts';
import { findConflicts } from './targets/find-conflicts.ts';

const shownAtMost = 200;

/**
 * The blast radius of a rollout, by the same plan that its creation would carry out; also of a version of a template
 * that is yet to be published, which its publication asks for. Writes nothing.
 * @throws Problem as `planRollout`
 */
export async function previewRollout(tx: Transaction, order: RolloutOrder): Promise<RolloutPreview> {
  const { targets, unchanged } = await planRollout(tx, { ...order, ofAnyStatus: true });
  const changing = targets.filter(({ goal }) => goal);
  const conflicts = await findConflicts(
    tx,
    order.tenantId,
    changing.map(({ candidate }) => candidate.instanceId),
  );
  return {
    total: targets.length,
    waves: order.strategy.waves.map(({ concurrency }, index) => ({
      number: index + 1,
      targets: targets.filter(({ wave }) => wave === index + 1).length,
      concurrency,
    })),
    restarts: changing.filter(({ impact }) => impact === 'restart' || impact === 'image').length,
    unchanged: unchanged.length,
    refused: targets.length - changing.length,
    conflicts,
    targets: targets.slice(0, shownAtMost).map(presentPlanned),
  };
}

const presentPlanned = ({ candidate, wave, impact, refusal }: PlannedTarget): RolloutPreview['targets'][number] => ({
  instanceId: candidate.instanceId,
  name: candidate.name,
  projectName: candidate.projectName,
  wave,
  fromRevision: candidate.revision,
  change: impact,
  refusal,
});
