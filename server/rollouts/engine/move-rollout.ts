import { isOpenRollout, PauseReason, RolloutPhase, WavePhase } from '../../../workflows/contracts/phases.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { noteRestarts } from '../analysis/note-restarts.ts';
import { decide } from '../planner/decide.ts';
import type { Decision } from '../planner/state.ts';
import { goingBack, goingOn, paused } from '../planner/transitions.ts';
import { RolloutWave } from '../rollout-wave.entity.ts';
import { Rollout } from '../rollout.entity.ts';
import { announce } from './announce.ts';
import { endRollout } from './end-rollout.ts';
import { versionOf } from './news-of.ts';
import { pickToRollBack, pickToStart, type Picked } from './pick-targets.ts';
import { reapTargets } from './reap-targets.ts';
import { readTallies, stateOf, totalsOf, type WaveTally } from './read-state.ts';
import { recordDecision } from './record-decision.ts';

/** What is left to be done outside of the transaction that decided it. */
export type Move =
  | { do: 'ended' }
  /** Nothing is touched before what it brings has been checked. */
  | { do: 'check' }
  | { do: 'start' | 'roll-back'; targets: Picked[] }
  | { do: 'judge'; wave: number }
  /** `watching`: operations are under way, or targets wait for their turn; else nothing happens before `until`. */
  | { do: 'wait'; until: Date | null; watching: boolean };

export interface Moved {
  rollout: Rollout;
  move: Move;
  /** For the person in Temporal UI. */
  details: string;
  /** Of the rollout's row; see `newsOf`. */
  version: string;
  /** Of the targets' phases; differs when anything there has changed. */
  told: string;
}

export interface MoveOptions {
  /** Targets that were tried a moment ago. */
  except: readonly string[];
  /** What was announced last. */
  told: string;
}

/** So few at a time that what is decided meanwhile is looked at soon. */
const targetsAtOnce = 24;

/** Many waves may be passed in one go, an endless loop never is: it would be a fault of the state machine. */
const stepsAtMost = 1_000;

/**
 * Takes a rollout as far as its rows alone allow: reads what has ended, and carries out decision after decision until
 * one of them needs something to be done in the world. Under the lock of the rollout's row, so that a pause or an abort
 * comes either before or after the whole of it.
 */
export async function moveRollout(tx: Transaction, id: string, options: MoveOptions): Promise<Moved | null> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', id);
  if (!rollout) return null;
  if (!isOpenRollout(rollout.phase)) {
    return { rollout, move: { do: 'ended' }, details: rollout.phase, version: '', told: '' };
  }
  await reapTargets(tx, id);
  const waves = await tx.em.find(RolloutWave, { rolloutId: id }, { orderBy: { number: 'asc' }, refresh: true });
  const tallies = await readTallies(tx, id);
  const before = JSON.stringify([rollout.phase, rollout.currentWave, waves.map(({ phase }) => phase)]);

  const move = await carryOut(tx, { rollout, waves, tallies, except: options.except });
  const counts = totalsOf(tallies);
  const told = JSON.stringify(counts);
  const after = JSON.stringify([rollout.phase, rollout.currentWave, waves.map(({ phase }) => phase)]);
  if (told !== options.told || after !== before) announce(tx, rollout, counts);
  return { rollout, move, details: detailsOf(rollout, waves, tallies), version: await versionOf(tx, id), told };
}

interface Rows {
  rollout: Rollout;
  waves: RolloutWave[];
  tallies: Map<number, WaveTally>;
  except: readonly string[];
}

async function carryOut(tx: Transaction, rows: Rows): Promise<Move> {
  const { rollout, waves, tallies, except } = rows;
  for (let step = 0; step < stepsAtMost; step += 1) {
    const now = new Date();
    const decision = decide(stateOf(rollout, waves, tallies, now), now);
    switch (decision.do) {
      case 'wait':
        return { do: 'wait', until: decision.until, watching: isWatching(rows) };
      case 'check':
      case 'judge':
        return decision;
      case 'start':
      case 'roll-back': {
        const pick = decision.do === 'start' ? pickToStart : pickToRollBack;
        const order = {
          rolloutId: rollout.id,
          wave: decision.wave,
          atMost: Math.min(decision.atMost, targetsAtOnce),
          except,
        };
        const targets = await pick(tx, order);
        if (targets.length === 0) return { do: 'wait', until: null, watching: true };
        return { do: decision.do, targets };
      }
      case 'end':
        if (!(await pauseForDivergence(tx, rollout, decision))) {
          await endRollout(tx, rollout, decision.phase);
          return { do: 'ended' };
        }
        break;
      default:
        await write(tx, rows, decision);
    }
  }
  throw new Error(`the rollout ${rollout.id} does not come to rest`);
}

const isWatching = ({ tallies, rollout }: Rows): boolean => {
  const { Updating, RollingBack, Waiting } = totalsOf(tallies);
  return Updating + RollingBack > 0 || (Waiting > 0 && rollout.phase === RolloutPhase.Progressing);
};

type RowDecision = Exclude<Decision, { do: 'check' | 'wait' | 'judge' | 'start' | 'roll-back' | 'end' }>;

/** Decisions that are only rows. */
async function write(tx: Transaction, { rollout, waves, tallies }: Rows, decision: RowDecision): Promise<void> {
  rollout.generation += 1;
  const waveAt = (number: number): RolloutWave => {
    const wave = waves[number - 1];
    if (!wave) throw new Error(`the rollout ${rollout.id} has no wave ${number}`);
    return wave;
  };
  const now = new Date();
  switch (decision.do) {
    case 'begin':
      rollout.currentWave = decision.wave;
      Object.assign(waveAt(decision.wave), { phase: WavePhase.Updating, startedAt: now });
      await noteRestarts(tx, rollout.id);
      return recordDecision(tx, rollout, { kind: 'wave-started', wave: decision.wave });
    case 'bake':
      Object.assign(waveAt(decision.wave), { phase: WavePhase.Baking, updatedAt: now, bakeUntil: decision.until });
      return;
    case 'pass':
      Object.assign(waveAt(decision.wave), { phase: WavePhase.Passed, endedAt: now });
      return recordDecision(tx, rollout, { kind: 'wave-passed', wave: decision.wave });
    case 'pause':
      return pauseRollout(tx, rollout, decision.reason, detailOfPause(decision.reason, tallies));
    case 'resume':
      Object.assign(rollout, goingOn, { pauseDetail: null });
      return recordDecision(tx, rollout, { kind: 'resumed', reason: 'the maintenance window is open' });
    case 'begin-rollback': {
      const wave = waves[rollout.currentWave - 1];
      if (wave) Object.assign(wave, { phase: WavePhase.Failed, endedAt: now });
      // What somebody agreed to lose on the way there is not what would be lost on the way back.
      Object.assign(rollout, goingBack, { rollbackStartedAt: now, discardNewState: false });
      return recordDecision(tx, rollout, {
        kind: 'rolling-back',
        wave: rollout.currentWave,
        reason: decision.reason,
      });
    }
  }
}

/** Pauses for a reason of its own. Whoever calls it has locked the row and bumps its generation. */
export function pauseRollout(tx: Transaction, rollout: Rollout, reason: PauseReason, detail?: string): void {
  Object.assign(rollout, paused(reason), { pauseDetail: detail ?? null });
  recordDecision(tx, rollout, {
    kind: 'paused',
    ...(rollout.currentWave > 0 && { wave: rollout.currentWave }),
    reason,
    detail: detail ? { detail } : {},
  });
}

/** A way back that would lose newer work is for a person to decide on, who is shown what it is. */
async function pauseForDivergence(tx: Transaction, rollout: Rollout, { phase }: { phase: string }): Promise<boolean> {
  if (rollout.phase !== RolloutPhase.RollingBack || phase !== RolloutPhase.PartiallyFailed) return false;
  if (rollout.discardNewState) return false;
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from rollout_targets
     where rollout_id = ? and phase = 'RollbackFailed' and error ->> 'code' = 'backup.state-diverged'`,
    [rollout.id],
  );
  if (!row?.count) return false;
  rollout.generation += 1;
  pauseRollout(tx, rollout, PauseReason.StateDiverged, worked(row.count));
  return true;
}

const worked = (count: number): string => `${count} of its instances have worked since the upgrade.`;

function detailOfPause(reason: PauseReason, tallies: ReadonlyMap<number, WaveTally>): string | undefined {
  if (reason !== PauseReason.StateDiverged) return undefined;
  return worked([...tallies.values()].reduce((sum, { diverged }) => sum + diverged, 0));
}

function detailsOf(rollout: Rollout, waves: RolloutWave[], tallies: ReadonlyMap<number, WaveTally>): string {
  const { Updated, Failed } = totalsOf(tallies);
  const phase = rollout.pauseReason ? `${rollout.phase} (${rollout.pauseReason})` : rollout.phase;
  const where = `wave ${rollout.currentWave} of ${waves.length}`;
  return `${phase}, ${where}: ${Updated} of ${rollout.totalTargets} updated, ${Failed} failed`;
}
