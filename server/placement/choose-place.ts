import { belongsToOneTenant, canRun, type RuntimeKind } from '../clusters/runtime-kinds.ts';
import { amountNames, type Amounts } from '../quotas/amounts.ts';

/** A cluster as one tenant's wish for a place looks at it. */
export interface PlaceCandidate {
  id: string;
  name: string;
  runtime: RuntimeKind;
  labels: Readonly<Record<string, string>>;
  phase: 'Preparing' | 'Ready' | 'Unreachable';
  cordoned: boolean;
  /** Whose alone it is. */
  belongsTo: 'nobody' | 'tenant' | 'another';
  /** By the tenant's list of shared clusters; its own are always allowed. */
  allowed: boolean;
  /** What is left, where that is known. */
  free: Readonly<Partial<Amounts>>;
  /** Instances of the same project that are there. */
  ofProject: number;
}

export interface WantedPlace {
  version: { image?: string | null | undefined; package?: string | null | undefined };
  /** All of them, with these values. */
  labels: Readonly<Record<string, string>>;
  amounts: Amounts;
}

/** Why a cluster cannot take it; the first is what a refusal is named by. */
export const obstacles = [
  'other-tenant',
  'not-allowed',
  'preparing',
  'unreachable',
  'cordoned',
  'version-unfit',
  'labels-differ',
  'no-room',
] as const;
export type Obstacle = (typeof obstacles)[number];

/** What decided between those that can, in this order. */
export const preferences = ['not-taken-yet', 'fewest-of-project', 'first-by-name'] as const;
export type Preference = (typeof preferences)[number];

export type Verdict = { id: string; name: string } & (
  | { outcome: 'chosen'; by: Preference | 'only-one' | 'named' }
  | { outcome: 'passed-over'; by: Preference }
  | { outcome: 'unfit'; obstacles: Obstacle[] }
);

export interface Choice {
  chosen: PlaceCandidate | null;
  /** Of every candidate: the chosen one, those that could have been, in the order of preference, then the others. */
  verdicts: Verdict[];
}

/**
 * The best place for a new instance, and why, for each cluster. A machine that belongs to nobody yet is left for whoever
 * needs one of his own, while there is another place; of the others the one with the fewest instances of the project.
 */
export function choosePlace(candidates: readonly PlaceCandidate[], wanted: WantedPlace): Choice {
  const judged = candidates.map((candidate) => ({ candidate, against: obstaclesOf(candidate, wanted) }));
  const fit = judged
    .flatMap(({ candidate, against }) => (against.length === 0 ? candidate : []))
    .toSorted(byPreference);
  const unfit = judged.filter(({ against }) => against.length > 0).toSorted((a, b) => byName(a.candidate, b.candidate));
  const [chosen = null, second] = fit;
  return {
    chosen,
    verdicts: [
      ...fit.map((candidate): Verdict => {
        const { id, name } = candidate;
        return candidate === chosen
          ? { id, name, outcome: 'chosen', by: second ? decidedBy(candidate, second) : 'only-one' }
          : { id, name, outcome: 'passed-over', by: decidedBy(chosen ?? candidate, candidate) };
      }),
      ...unfit.map(({ candidate: { id, name }, against }): Verdict => ({
        id,
        name,
        outcome: 'unfit',
        obstacles: against,
      })),
    ],
  };
}

/** Empty where it can take it. */
export function obstaclesOf(candidate: PlaceCandidate, { version, labels, amounts }: WantedPlace): Obstacle[] {
  const { belongsTo, allowed, phase, cordoned, runtime, free } = candidate;
  const is: Record<Obstacle, boolean> = {
    'other-tenant': belongsTo === 'another',
    'not-allowed': belongsTo === 'nobody' && !allowed,
    preparing: phase === 'Preparing',
    unreachable: phase === 'Unreachable',
    cordoned,
    'version-unfit': !canRun(runtime, version),
    'labels-differ': Object.entries(labels).some(([key, value]) => candidate.labels[key] !== value),
    'no-room': amountNames.some((name) => amounts[name] > (free[name] ?? Infinity)),
  };
  return obstacles.filter((obstacle) => is[obstacle]);
}

/** Whether a first instance would make it the tenant's. */
const wouldBeTaken = ({ belongsTo, runtime }: PlaceCandidate): boolean =>
  belongsTo === 'nobody' && belongsToOneTenant(runtime);

const comparisons: Record<Preference, (a: PlaceCandidate, b: PlaceCandidate) => number> = {
  'not-taken-yet': (a, b) => Number(wouldBeTaken(a)) - Number(wouldBeTaken(b)),
  'fewest-of-project': (a, b) => a.ofProject - b.ofProject,
  'first-by-name': byName,
};

function byName(a: PlaceCandidate, b: PlaceCandidate): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1;
}

const decidedBy = (better: PlaceCandidate, worse: PlaceCandidate): Preference =>
  preferences.find((preference) => comparisons[preference](better, worse) !== 0) ?? 'first-by-name';

const byPreference = (a: PlaceCandidate, b: PlaceCandidate): number => comparisons[decidedBy(a, b)](a, b);
