import type { RecordedError } from '../../server/operations/operation.entity.ts';
import { beginRollout, failRollout } from '../../server/rollouts/engine/begin-rollout.ts';
import { isPowerKind } from '../../server/rollouts/engine/book-way.ts';
import { configurationsOf, type Brought } from '../../server/rollouts/engine/configurations-of.ts';
import { locateFaults } from '../../server/rollouts/engine/locate-faults.ts';
import { Rollout } from '../../server/rollouts/rollout.entity.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Deps } from '../deps.ts';
import { askProgram, questionsOf, type Question } from './ask-program.ts';
import type { Look } from './look.ts';

/** Each question is a short pod of some hundred megabytes. */
const atOnce = 3;
/** What a person can read; the same fault of many configurations is told once. */
const faultsAtMost = 50;

/** People change their mind while thousands of configurations are checked. */
const lookEveryMs = 2_000;

/**
 * Every configuration that a rollout brings is asked of the agent versions' own programs before anything is touched.
 * Answers are kept, so that a repeat goes on where this one ended; it ends at once when somebody stops the rollout.
 */
export async function check(deps: Deps, look: Look, rolloutId: string): Promise<void> {
  const rollout = await look.transaction(({ em }) => em.findOne(Rollout, { id: rolloutId }));
  if (rollout?.phase !== 'Pending') return;
  const brought = isPowerKind(rollout.kind) ? [] : await look.transaction((tx) => configurationsOf(tx, rolloutId));
  const stopped = new AbortController();
  const watching = setInterval(() => {
    void isPending(look, rolloutId).then((pending) => (pending ? undefined : stopped.abort()));
  }, lookEveryMs);
  try {
    const signal = AbortSignal.any([look.signal, stopped.signal]);
    const refused = await refusedOf(deps, { ...look, signal }, brought);
    await look.transaction(async (tx) => {
      const error = refusal(await locateFaults(tx, look.tenantId, refused), brought.length);
      return error ? failRollout(tx, rolloutId, error) : beginRollout(tx, rolloutId, brought.length);
    });
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  } finally {
    clearInterval(watching);
  }
}

const isPending = (look: Look, id: string): Promise<boolean> =>
  look
    .transaction(({ em }) => em.findOne(Rollout, { id }))
    .then(
      (rollout) => rollout?.phase === 'Pending',
      () => true, // without an answer nothing is known of a change of mind
    );

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

async function refusedOf(deps: Deps, look: Look, brought: Brought[]): Promise<Refused[]> {
  const answered: Refused[] = brought.flatMap((one) => (one.faults ? [{ ...one, faults: one.faults }] : []));
  const alike = Map.groupBy(
    brought.filter(({ faults }) => faults === null),
    ({ agentVersionId, clusterId }) => `${agentVersionId} ${clusterId}`,
  );
  const queue: Question[] = [];
  for (const group of alike.values()) queue.push(...(await questionsOf(deps, look, group)));
  const work = async (): Promise<void> => {
    for (let question = queue.shift(); question; question = queue.shift()) {
      look.signal.throwIfAborted();
      answered.push(...(await askProgram(deps, look, question)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return answered.filter(({ faults }) => faults.length > 0);
}

const distinct = (faults: Fault[]): Fault[] => [
  ...new Map(faults.map((fault) => [`${fault.pointer} ${fault.detail}`, fault])).values(),
];
