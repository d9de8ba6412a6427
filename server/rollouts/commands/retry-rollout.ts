import type { Transaction } from '../../persistence/transaction.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import type { AnalysisPlan, RolloutStrategy, WavePlan } from '../rollout.types.ts';
import { createRollout } from './create-rollout.ts';
import { holdRollout, type ControlOrder } from './hold-rollout.ts';

/**
 * A new rollout of the same change over the targets that the old one did not bring there: failed, left alone, or never
 * begun. They come in one wave, under the conditions of the last.
 * @throws Problem 'rollout.unknown', 'rollout.state-conflict' and those of `createRollout`
 */
export async function retryRollout(tx: Transaction, { id, reason, by }: ControlOrder): Promise<Rollout> {
  const { rollout } = await holdRollout(tx, id, 'retry');
  const { tenantId, name, change, strategy } = rollout;
  const targets = await tx.query<{ instanceId: string }>(
    `select instance_id as "instanceId" from rollout_targets
     where tenant_id = ? and rollout_id = ? and phase in ('Failed', 'Skipped', 'Pending', 'Waiting')
     order by position`,
    [tenantId, id],
  );
  const again = await createRollout(tx, {
    tenantId,
    name,
    change,
    selection: { instanceIds: targets.map(({ instanceId }) => instanceId) },
    strategy: strategyOfRetry(strategy),
    by,
    retryOf: id,
  });
  await recordControl(tx, rollout, { kind: 'retried', reason, by, detail: { rolloutId: again.id } });
  return again;
}

/** One wave, under the conditions of the last. Nothing is left beside it to compare with: of its rules only limits stay. */
export function strategyOfRetry(strategy: RolloutStrategy): RolloutStrategy {
  const last: WavePlan | undefined = strategy.waves.at(-1);
  if (!last) return strategy;
  return { ...strategy, waves: [{ ...last, size: { rest: true }, analysis: alone(last.analysis), then: 'continue' }] };
}

function alone(analysis: AnalysisPlan | null): AnalysisPlan | null {
  const rules = (analysis?.rules ?? []).flatMap(({ maxRatio: _none, ...rule }) =>
    rule.max === undefined ? [] : [rule],
  );
  return analysis && rules.length > 0 ? { ...analysis, rules } : null;
}
