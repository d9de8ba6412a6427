import { beginRollout, failRollout } from '../../server/rollouts/engine/begin-rollout.ts';
import { isPowerKind } from '../../server/rollouts/engine/book-way.ts';
import { configurationsOf, type Brought } from '../../server/rollouts/engine/configurations-of.ts';
import { Rollout } from '../../server/rollouts/rollout.entity.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Deps } from '../deps.ts';
import { askProgram } from './ask-program.ts';
import type { Look } from './look.ts';

/** Each question is a short pod of some hundred megabytes. */
const atOnce = 3;
/** What a person can read; the same fault of many configurations is told once. */
const faultsAtMost = 50;

/**
 * Every configuration that a rollout brings is asked of the agent versions' own programs before anything is touched.
 * Answers are kept, so that a repeat goes on where this one ended.
 */
export async function check(deps: Deps, look: Look, rolloutId: string): Promise<void> {
  const rollout = await look.transaction(({ em }) => em.findOne(Rollout, { id: rolloutId }));
  if (rollout?.phase !== 'Pending') return;
  const brought = isPowerKind(rollout.kind)
    ? []
    : await look.transaction((tx) => configurationsOf(tx, rolloutId));
  const refused = await refusedOf(deps, look, brought);
  const [first] = refused;
  if (!first) return look.transaction((tx) => beginRollout(tx, rolloutId, brought.length));
  const faults = distinct(refused.flatMap((one) => one.faults));
  const count = brought.length === 1 ? '' : `${refused.length} of ${brought.length} configurations, `;
  await look.transaction((tx) =>
    failRollout(tx, rolloutId, {
      code: 'rollout.check-failed',
      detail: `${count}${first.instanceName}: ${first.faults.map(({ detail }) => detail).join('; ')}`.slice(0, 2_000),
      faults: faults.slice(0, faultsAtMost),
    }),
  );
}

type Refused = Brought & { faults: Fault[] };

async function refusedOf(deps: Deps, look: Look, brought: Brought[]): Promise<Refused[]> {
  const queue = brought.filter(({ faults }) => faults === null);
  const answered: Refused[] = brought.flatMap((one) => (one.faults ? [{ ...one, faults: one.faults }] : []));
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      look.signal.throwIfAborted();
      answered.push({ ...one, faults: await askProgram(deps, look, one) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return answered.filter(({ faults }) => faults.length > 0);
}

const distinct = (faults: Fault[]): Fault[] => [
  ...new Map(faults.map((fault) => [`${fault.pointer} ${fault.detail}`, fault])).values(),
];
