import { setImmediate } from 'node:timers/promises';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { RolloutChange } from '../rollout.types.ts';
import type { Candidate, Outcome } from './candidate.ts';
import { leftAlone } from './left-alone.ts';
import { planConfigurations } from './plan-configuration.ts';
import { planImages } from './plan-image.ts';
import { planPower } from './plan-power.ts';
import { planRollbacks } from './plan-rollback.ts';

export interface Planned {
  candidate: Candidate;
  outcome: Outcome;
}

type Plan = (candidate: Candidate) => Outcome | Promise<Outcome>;

const faultsAtMost = 100;
/** Rendering thousands of configurations takes seconds: other requests are answered in between. */
const atOnce = 20;

/**
 * What the change would do with each candidate. Where one of them cannot be rendered, none is touched.
 * @throws Problem 'agent.version-unknown', 'agent.version-withdrawn', 'config.unknown', 'config.version-unknown',
 *   'config.not-published', 'config.version-retired', and why configurations cannot be rendered: with pointers into the
 *   layer at fault, below `/instances/<name>` where it is the instance's own
 */
export async function planTargets(
  tx: Transaction,
  tenantId: string,
  change: RolloutChange,
  candidates: readonly Candidate[],
  { ofAnyStatus = false }: { ofAnyStatus?: boolean } = {},
): Promise<Planned[]> {
  const plan = await planOf(tx, tenantId, change, candidates, ofAnyStatus);
  const planned: Planned[] = [];
  const refused: { name: string; problem: Problem }[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (index % atOnce === atOnce - 1) await setImmediate();
    const alone = leftAlone(candidate, change.kind);
    try {
      planned.push({ candidate, outcome: alone ? { do: 'refuse', refusal: alone } : await plan(candidate) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refused.push({ name: candidate.name, problem: error });
    }
  }
  const [first] = refused;
  if (!first) return planned;
  throw new Problem(first.problem.code, refusalOf(refused, candidates.length), { faults: faultsOf(refused, change) });
}

function planOf(
  tx: Transaction,
  tenantId: string,
  change: RolloutChange,
  candidates: readonly Candidate[],
  ofAnyStatus: boolean,
): Plan | Promise<Plan> {
  switch (change.kind) {
    case 'configuration':
      return planConfigurations(tx, tenantId, change, ofAnyStatus);
    case 'image':
      return planImages(tx, tenantId, change.agentVersionId);
    case 'rollback':
      return planRollbacks(tx, tenantId, candidates, change.revision);
    default: {
      const { kind } = change;
      return (candidate) => planPower(candidate, kind);
    }
  }
}

function refusalOf(refused: readonly { name: string; problem: Problem }[], total: number): string {
  const [first] = refused;
  const why = first?.problem.detail ?? first?.problem.title ?? '';
  return `${refused.length} of ${total} instances, such as ${first?.name}: ${why}`;
}

/** A fault in a shared layer is the same one for every instance: it is told once. */
function faultsOf(refused: readonly { name: string; problem: Problem }[], change: RolloutChange): Fault[] {
  const faults = new Map<string, Fault>();
  for (const { name, problem } of refused) {
    for (const { pointer, detail } of problem.faults) {
      const place = placeOf(pointer, name, change);
      faults.set(`${place} ${detail}`, { pointer: place, detail });
    }
  }
  return [...faults.values()].slice(0, faultsAtMost);
}

/** Where it was written: in this request, in the instance itself, or in a layer above. */
function placeOf(pointer: string, name: string, change: RolloutChange): string {
  const [, part, variable] = pointer.split('/');
  if (part === 'variables' && isGiven(variable, change)) return `/change${pointer}`;
  return part === 'configuration' || part === 'resources' || part === 'variables'
    ? `/instances/${name}${pointer}`
    : pointer;
}

const isGiven = (variable: string | undefined, change: RolloutChange): boolean =>
  change.kind === 'configuration' && variable !== undefined && Object.hasOwn(change.variables ?? {}, variable);
