import { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { neverConclusive } from './analysis/never-conclusive.ts';
import { isReversible } from './planner/controls.ts';
import { planWaves } from './planner/plan-waves.ts';
import type { RolloutChange, RolloutSelection, RolloutStrategy } from './rollout.types.ts';
import type { Candidate, Impact, Outcome, Refusal, RevisionContent } from './targets/candidate.ts';
import { planTargets, type Planned } from './targets/plan-targets.ts';
import { selectCandidates } from './targets/select-candidates.ts';

export interface RolloutOrder {
  tenantId: string;
  change: RolloutChange;
  selection: RolloutSelection;
  strategy: RolloutStrategy;
  /** For looking only: also what publishing a draft, or a retired version again, would bring. */
  ofAnyStatus?: boolean;
}

export interface PlannedTarget {
  candidate: Candidate;
  wave: number;
  impact: Impact;
  /** Null where it is left alone. */
  goal: Extract<Outcome, { do: 'change' }> | null;
  refusal: Refusal | null;
}

export interface RolloutPlan {
  /** The one project of all targets, null where there are several. */
  projectId: string | null;
  /** In the order in which they come up: by wave; those that are left alone at the end of the last one. */
  targets: PlannedTarget[];
  /** Those that it changes nothing for. */
  unchanged: { candidate: Candidate; rebound: RevisionContent | null }[];
  waveCount: number;
}

/**
 * Everything that a rollout would do, without writing anything: the preview and the creation are this one plan.
 * @throws Problem 'rollout.no-targets', 'rollout.too-many-targets', 'rollout.waves-invalid', 'request.unfit',
 *   'instance.unknown' and those of `planTargets`
 */
export async function planRollout(tx: Transaction, order: RolloutOrder): Promise<RolloutPlan> {
  const { tenantId, change, selection, strategy, ofAnyStatus = false } = order;
  assertReversible(order);
  assertConclusive(strategy);
  assertTimeZones(strategy);
  const candidates = await selectCandidates(tx, tenantId, selection);
  const planned = await planTargets(tx, tenantId, change, candidates, { ofAnyStatus });
  const changing = planned.filter(isChanging);
  const unchanged = planned.flatMap(({ candidate, outcome }) =>
    outcome.do === 'nothing' ? [{ candidate, rebound: outcome.rebound ?? null }] : [],
  );
  if (changing.length === 0) throw nothingToDo(planned, unchanged.length);

  const { waves, faults } = planWaves(
    changing.map(({ candidate: { instanceId, labels } }) => ({ instanceId, labels })),
    strategy.waves,
  );
  if (faults) throw new Problem('rollout.waves-invalid', undefined, { faults });
  const byId = new Map(changing.map((one) => [one.candidate.instanceId, one]));
  const targets = waves.flatMap(({ number, instanceIds }) =>
    instanceIds.flatMap((id) => {
      const found = byId.get(id);
      return found ? [targetOf(found, number)] : [];
    }),
  );
  const alone = planned.flatMap(({ candidate, outcome }): PlannedTarget[] =>
    outcome.do === 'refuse'
      ? [{ candidate, wave: waves.length, impact: 'none', goal: null, refusal: outcome.refusal }]
      : [],
  );
  const all = [...targets, ...alone];
  return { projectId: projectOf(all), targets: all, unchanged, waveCount: waves.length };
}

interface Changing extends Planned {
  outcome: Extract<Outcome, { do: 'change' }>;
}

const isChanging = (planned: Planned): planned is Changing => planned.outcome.do === 'change';

const targetOf = ({ candidate, outcome }: Changing, wave: number): PlannedTarget => ({
  candidate,
  wave,
  impact: outcome.impact,
  goal: outcome,
  refusal: null,
});

function projectOf(targets: readonly PlannedTarget[]): string | null {
  const projects = new Set(targets.map(({ candidate }) => candidate.projectId));
  const [only] = projects;
  return projects.size === 1 && only ? only : null;
}

/** Nothing selected can or needs to be changed; `unchanged` tells how many are at the goal already. */
function nothingToDo(planned: readonly Planned[], unchanged: number): Problem {
  const refused = planned.flatMap(({ candidate: { name }, outcome }) =>
    outcome.do === 'refuse' ? [`${name}: ${outcome.refusal.detail}`] : [],
  );
  const why = refused.slice(0, 3).join(' ');
  const detail = `It changes nothing for ${unchanged} and cannot touch ${refused.length}. ${why}`;
  return new Problem('rollout.no-targets', detail.trimEnd(), { extra: { unchanged, refused: refused.length } });
}

function assertReversible({ change, strategy }: RolloutOrder): void {
  if (isReversible(change.kind)) return;
  const detail = 'There is no revision to go back to: choose pause.';
  const faults: Fault[] = strategy.waves.flatMap(({ analysis }, index) =>
    analysis?.onFailure === 'rollback' ? [{ pointer: `/strategy/waves/${index}/analysis/onFailure`, detail }] : [],
  );
  if (strategy.onBudgetExceeded === 'rollback') faults.push({ pointer: '/strategy/onBudgetExceeded', detail });
  if (faults.length > 0) throw new Problem('request.unfit', undefined, { faults });
}

function assertTimeZones({ windows }: RolloutStrategy): void {
  const faults: Fault[] = windows.flatMap(({ timeZone }, index) =>
    isTimeZone(timeZone)
      ? []
      : [{ pointer: `/strategy/windows/${index}/timeZone`, detail: 'Not a time zone of the IANA database' }],
  );
  if (faults.length > 0) throw new Problem('request.unfit', undefined, { faults });
}

function isTimeZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false; // that is what was asked
  }
}

function assertConclusive({ waves }: RolloutStrategy): void {
  const faults = neverConclusive(waves);
  if (faults.length > 0) throw new Problem('request.unfit', undefined, { faults });
}
