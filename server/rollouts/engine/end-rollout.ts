import type { RolloutPhase } from '../../../workflows/contracts/phases.ts';
import type { RecordedError } from '../../operations/operation.entity.ts';
import { onBehalfOf } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { RolloutWave } from '../rollout-wave.entity.ts';
import type { Rollout } from '../rollout.entity.ts';
import { recordDecision } from './record-decision.ts';

/**
 * Ends a rollout: what it did not come to is left alone for good, and says so. `error` is left out where the failures
 * of its targets speak for themselves.
 */
export async function endRollout(
  tx: Transaction,
  rollout: Rollout,
  phase: RolloutPhase,
  error?: RecordedError,
): Promise<void> {
  const left: RecordedError = error ?? { code: 'rollout.ended', detail: `The rollout ended ${phase} before its turn.` };
  await tx.query(
    `update rollout_targets set phase = 'Skipped', error = ?, ended_at = now()
     where rollout_id = ? and phase in ('Pending', 'Waiting')`,
    [JSON.stringify(left), rollout.id],
  );
  rollout.phase = phase;
  rollout.pauseReason = null;
  rollout.pauseDetail = null;
  rollout.error = error ?? (await reasonOf(tx, rollout.id, phase));
  rollout.endedAt = new Date();
  rollout.generation += 1;
  recordDecision(tx, rollout, { kind: 'ended', reason: phase, detail: error ? { code: error.code } : {} });
  tx.audit({
    tenantId: rollout.tenantId,
    ...onBehalfOf({ userId: rollout.requestedBy ?? null, name: rollout.requestedByName }),
    action: 'rollout.end',
    objectType: 'rollout',
    objectId: rollout.id,
    objectName: rollout.name,
    outcome: phase === 'Succeeded' ? 'succeeded' : 'failed',
    detail: { phase, ...(rollout.error && { code: rollout.error.code }) },
    requestId: rollout.requestId ?? null,
  });
}

/** Why it ended as it did, for those who see no more of it than a line. */
async function reasonOf(tx: Transaction, id: string, phase: RolloutPhase): Promise<RecordedError | null> {
  if (phase === 'Succeeded' || phase === 'Aborted') return null;
  const judged = phase === 'RolledBack' ? await failedAnalysis(tx, id) : null;
  return judged ?? firstFailure(tx, id);
}

/** The wave that was worse than allowed, where that is what turned the rollout around. */
async function failedAnalysis(tx: Transaction, rolloutId: string): Promise<RecordedError | null> {
  const waves = await tx.em.find(RolloutWave, { rolloutId, phase: 'Failed' }, { orderBy: { number: 'desc' } });
  const wave = waves.find(({ analysis }) => analysis?.verdict === 'failed');
  if (!wave) return null;
  const rules = (wave.analysis?.rules ?? []).filter(({ verdict }) => verdict === 'failed');
  const found = rules.map(({ metric, value, limit }) => `${metric} ${shown(value)} (limit ${shown(limit)})`);
  return { code: 'rollout.wave-failed', detail: `Wave ${wave.number}: ${found.join(', ')}.` };
}

const shown = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(4))));

/** What a reader of the list is told; the page of the rollout has all of them. */
async function firstFailure(tx: Transaction, rolloutId: string): Promise<RecordedError | null> {
  const [row] = await tx.query<{ name: string; error: RecordedError }>(
    `select i.name, t.error from rollout_targets t
     join instances i on i.tenant_id = t.tenant_id and i.id = t.instance_id
     where t.rollout_id = ? and t.phase in ('Failed', 'RollbackFailed') and t.error is not null
     order by t.ended_at limit 1`,
    [rolloutId],
  );
  return row ? { code: row.error.code, detail: `${row.name}: ${row.error.detail}` } : null;
}
