import { Problem } from '../../../workflows/contracts/problem.ts';
import { isOpenRollout } from '../../../workflows/contracts/phases.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { takes, type Control } from '../planner/controls.ts';
import { lockRollout } from '../require-rollout.ts';
import { RolloutWave } from '../rollout-wave.entity.ts';
import type { Rollout } from '../rollout.entity.ts';
import { countTargets, sumOf, unfinishedOf } from '../target-counts.ts';

/** What every control of a rollout is told. */
export interface ControlOrder {
  id: string;
  reason?: string;
  by: Requester;
}

/** A rollout locked for a control that its state allows, with its current wave (null before the first). */
export interface HeldRollout {
  rollout: Rollout;
  wave: RolloutWave | null;
}

/** @throws Problem 'rollout.unknown', 'rollout.ended', 'rollout.state-conflict' */
export async function holdRollout(tx: Transaction, id: string, control: Control): Promise<HeldRollout> {
  const rollout = await lockRollout(tx, id);
  const { tenantId, phase, kind, currentWave } = rollout;
  const wave = await tx.em.findOne(
    RolloutWave,
    { tenantId, rolloutId: id, number: currentWave },
    // The engine may have moved it since this transaction first looked.
    { refresh: true },
  );
  const pauseReason = rollout.pauseReason ?? null;
  const allowed = takes(
    {
      phase,
      pauseReason,
      kind,
      wavePhase: wave?.phase ?? null,
      isGoingBack: Boolean(rollout.rollbackStartedAt),
      unfinished: unfinishedOf(sumOf((await countTargets(tx, rollout)).values())),
    },
    control,
  );
  if (allowed) return { rollout, wave };
  if (!isOpenRollout(phase) && control !== 'retry') throw new Problem('rollout.ended', phase);
  throw new Problem('rollout.state-conflict', `${control} is not for a rollout that is ${inWords(rollout)}.`);
}

const inWords = ({ phase, pauseReason, kind }: Rollout): string =>
  `${phase}${pauseReason ? ` (${pauseReason})` : ''}, of kind ${kind}`;
