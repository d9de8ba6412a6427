import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedError } from '../../server/operations/operation.entity.ts';
import { beginRollout, failRollout } from '../../server/rollouts/engine/begin-rollout.ts';
import { isPowerKind } from '../../server/rollouts/engine/book-way.ts';
import { clustersOf, type ClusterOfTargets } from '../../server/rollouts/engine/clusters-of.ts';
import { configurationsOf, type Brought } from '../../server/rollouts/engine/configurations-of.ts';
import { keepChecking, noteWaiting } from '../../server/rollouts/engine/keep-checking.ts';
import { locateFaults } from '../../server/rollouts/engine/locate-faults.ts';
import { Rollout } from '../../server/rollouts/rollout.entity.ts';
import { isTransient, Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Deps } from '../deps.ts';
import { askProgram, questionsOf, type Question } from './ask-program.ts';
import type { Look } from './look.ts';

/** Each question is a short pod of some hundred megabytes. */
const atOnce = 3;
/** What a person can read; the same fault of many configurations is told once. */
const faultsAtMost = 50;

/** People change their mind while thousands of configurations are checked, and deadlines pass. */
const lookEveryMs = 2_000;
/** A cluster that did not answer is asked again after so long. */
const tryAgainMs = 2_000;
/** Waits longer than that are cut into pieces, so that the run comes to a safe point in between. */
const workMs = 600_000;

/**
 * Every configuration that a rollout brings is asked of the agent versions' own programs before anything is touched.
 * Answers are kept, so that a repeat goes on where this one ended; it ends at once when somebody stops the rollout, and
 * when its deadline has passed. What a program says does not depend on where it runs: a question that the instances' own
 * cluster does not answer is asked on another one of the rollout's. While none does, the rollout says so and waits.
 */
export async function check(deps: Deps, look: Look, rolloutId: string): Promise<void> {
  if (!(await wantsCheck(look, rolloutId))) return;
  const stopped = new AbortController();
  const watching = setInterval(() => {
    void wantsCheck(look, rolloutId).then(
      (wanted) => (wanted ? undefined : stopped.abort()),
      () => undefined, // without an answer nothing is known of a change of mind
    );
  }, lookEveryMs);
  const signal = AbortSignal.any([look.signal, stopped.signal]);
  const untilMs = Date.now() + workMs;
  try {
    while (!(await checkOnce(deps, { ...look, signal }, rolloutId)) && Date.now() < untilMs) {
      await sleep(tryAgainMs, undefined, { signal });
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  } finally {
    clearInterval(watching);
  }
}

const wantsCheck = (look: Look, rolloutId: string): Promise<boolean> =>
  look.transaction((tx) => keepChecking(tx, rolloutId));

/** @returns false where something could not be asked for now */
async function checkOnce(deps: Deps, look: Look, rolloutId: string): Promise<boolean> {
  const { brought, clusters } = await look.transaction(async (tx) => {
    const { kind } = await tx.em.findOneOrFail(Rollout, { id: rolloutId });
    return {
      brought: isPowerKind(kind) ? [] : await configurationsOf(tx, rolloutId),
      clusters: await clustersOf(tx, rolloutId),
    };
  });
  const { refused, silent } = await askAll(deps, look, brought, clusters);
  await look.transaction(async (tx) => {
    const error = refusal(await locateFaults(tx, look.tenantId, refused), brought.length);
    if (error) return failRollout(tx, rolloutId, error);
    if (silent.length > 0) return noteWaiting(tx, rolloutId, waitingFor(silent, brought.length, clusters));
    return beginRollout(tx, rolloutId, brought.length);
  });
  return silent.length === 0 || refused.length > 0;
}

function waitingFor(silent: Brought[], count: number, clusters: ClusterOfTargets[]): RecordedError {
  const ids = new Set(silent.map(({ clusterId }) => clusterId));
  const names = clusters.filter(({ id }) => ids.has(id)).map(({ name }) => name);
  const detail = `${silent.length} of ${count} configurations cannot be checked: no answer from ${names.join(', ')}.`;
  return { code: 'cluster.unavailable', detail };
}

function refusal(refused: Refused[], count: number): RecordedError | null {
  const [first] = refused;
  if (!first) return null;
  const among = count === 1 ? '' : `${refused.length} of ${count} configurations, `;
  const why = first.faults.map(({ detail }) => detail).join('; ');
  return {
    code: 'rollout.check-failed',
    detail: `${among}${first.instanceName}: ${why}`.slice(0, 2_000),
    faults: distinct(refused.flatMap(({ faults }) => faults)).slice(0, faultsAtMost),
  };
}

type Refused = Brought & { faults: Fault[] };

interface Answers {
  refused: Refused[];
  /** What nobody could be asked about. */
  silent: Brought[];
}

async function askAll(
  deps: Deps,
  look: Look,
  brought: Brought[],
  clusters: readonly ClusterOfTargets[],
): Promise<Answers> {
  const answered: Refused[] = brought.flatMap((one) => (one.faults ? [{ ...one, faults: one.faults }] : []));
  const silent: Brought[] = [];
  const alike = Map.groupBy(
    brought.filter(({ faults }) => faults === null),
    ({ agentVersionId, clusterId }) => `${agentVersionId} ${clusterId}`,
  );
  const queue: Question[] = [];
  for (const group of alike.values()) queue.push(...(await questionsOf(deps, look, group)));
  const work = async (): Promise<void> => {
    for (let question = queue.shift(); question; question = queue.shift()) {
      look.signal.throwIfAborted();
      const answers = await askSomewhere(deps, look, question, clusters);
      if (answers) answered.push(...answers);
      else silent.push(...question.brought.map((one) => one.brought));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { refused: answered.filter(({ faults }) => faults.length > 0), silent };
}

/** Asks the cluster of the instances, else another one. Null where none answers; what its own one refuses is final. */
async function askSomewhere(
  deps: Deps,
  look: Look,
  question: Question,
  clusters: readonly ClusterOfTargets[],
): Promise<Refused[] | null> {
  const own = question.brought[0]?.brought.clusterId;
  const ready = clusters.filter(({ isReady }) => isReady).map(({ id }) => id);
  for (const id of ready.toSorted((a, b) => Number(b === own) - Number(a === own))) {
    try {
      return await askProgram(deps, look, question, id);
    } catch (error) {
      if (!(error instanceof Problem) || (id === own && !isTransient(error.code))) throw error;
      look.log.info({ clusterId: id, code: error.code, detail: error.detail }, 'a cluster does not answer a check');
    }
  }
  return null;
}

const distinct = (faults: Fault[]): Fault[] => [
  ...new Map(faults.map((fault) => [`${fault.pointer} ${fault.detail}`, fault])).values(),
];
