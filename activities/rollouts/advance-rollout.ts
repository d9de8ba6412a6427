import { setTimeout as sleep } from 'node:timers/promises';
import { moveRollout, type Moved } from '../../server/rollouts/engine/move-rollout.ts';
import { newsOf } from '../../server/rollouts/engine/news-of.ts';
import type { Advanced } from '../../workflows/contracts/rollouts.ts';
import { judgeWave } from './judge-wave.ts';
import type { Look } from './look.ts';
import { rollBackTargets, startTargets } from './work-on-targets.ts';

/**
 * A look costs its history six events, and the beginning and end of a rollout some twenty: with looks that are this long
 * even one of two minutes stays under twenty a minute, however many targets there are.
 */
const lookMs = 50_000;
/** Waits shorter than this are spent inside a look: a timer costs more events than they are worth. */
const idleFromMs = 60_000;
/** Without a wake, somebody looks after so long: a wake may be lost. */
const idleAtMostMs = 60_000;
const pollMs = 300;
/** What is in a target's way is asked after no more often. */
const tryAgainMs = 2_000;
const usagePollMs = 2_000;

/**
 * Takes a rollout further for most of a minute: what is decided is carried out, what is under way is watched. It may
 * be ended, or run twice, at any point; all that it knows is in the rows.
 */
export async function advance(look: Look, rolloutId: string): Promise<Advanced> {
  const untilMs = Date.now() + lookMs;
  /** Targets that were in somebody's way, by when they are due again. */
  const kept = new Map<string, number>();
  let told = '';
  for (;;) {
    const moved = await look.transaction((tx) => moveRollout(tx, rolloutId, { told, except: notDue(kept) }));
    if (!moved) return { state: 'ended', waitMs: 0, details: 'There is no such rollout.' };
    const { rollout, move } = moved;
    const seen = { phase: rollout.phase, details: moved.details };
    told = moved.told;
    const leftMs = untilMs - Date.now();
    switch (move.do) {
      case 'ended':
        return { state: 'ended', waitMs: 0, ...seen };
      case 'check':
        return { state: 'unchecked', waitMs: 0, ...seen };
      case 'start':
        keep(kept, await startTargets(look, rollout, move.targets));
        break;
      case 'roll-back':
        keep(kept, await rollBackTargets(look, rollout, move.targets));
        break;
      case 'judge':
        if (!(await judgeWave(look, rollout, move.wave))) await pause(look, usagePollMs);
        break;
      case 'wait': {
        const waitMs = move.until ? Math.max(move.until.getTime() - Date.now(), 0) : idleAtMostMs;
        if (!move.watching && waitMs >= idleFromMs) {
          return { state: 'idle', waitMs: Math.min(waitMs, idleAtMostMs), ...seen };
        }
        await watch(look, moved, Math.min(waitMs, leftMs, dueInMs(kept)));
      }
    }
    if (look.signal.aborted || Date.now() >= untilMs) return { state: 'moving', waitMs: 0, ...seen };
  }
}

/** Ends when an operation has ended, the rollout's row is another one, or the time is over. */
async function watch(look: Look, { rollout, version }: Moved, forMs: number): Promise<void> {
  const untilMs = Date.now() + forMs;
  do {
    await pause(look, Math.min(pollMs, Math.max(untilMs - Date.now(), 0)));
    if (look.signal.aborted) return;
    if (await look.transaction((tx) => newsOf(tx, rollout.id, version))) return;
  } while (Date.now() < untilMs);
}

const pause = (look: Look, ms: number): Promise<void> =>
  sleep(ms, undefined, { signal: look.signal }).catch(() => undefined); // the caller looks at the signal

function keep(kept: Map<string, number>, instanceIds: readonly string[]): void {
  for (const id of instanceIds) kept.set(id, Date.now() + tryAgainMs);
}

const notDue = (kept: ReadonlyMap<string, number>): string[] =>
  [...kept].filter(([, dueMs]) => dueMs > Date.now()).map(([id]) => id);

const dueInMs = (kept: ReadonlyMap<string, number>): number =>
  Math.min(...[...kept.values()].map((dueMs) => dueMs - Date.now()).filter((ms) => ms > 0), lookMs);
