import { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault, ProblemCode } from '../../workflows/contracts/problems.ts';
import type { AgentVersion } from '../agents/agent-version.entity.ts';
import { unfitDetail } from '../agents/require-fit.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Amounts } from '../quotas/amounts.ts';
import {
  choosePlace,
  obstaclesOf,
  type Choice,
  type Obstacle,
  type PlaceCandidate,
  type Verdict,
  type WantedPlace,
} from './choose-place.ts';
import { readCandidates, type PlaceFor } from './read-candidates.ts';

export interface PlaceOrder extends PlaceFor {
  version: Pick<AgentVersion, 'kind' | 'version' | 'image' | 'package'>;
  amounts: Amounts;
  /** Left out: the platform chooses. */
  clusterId?: string | undefined;
  /** To choose by; only where no cluster is named. */
  clusterLabels?: Readonly<Record<string, string>> | undefined;
}

/** Why an instance is where it is, kept with it. */
export interface Placement {
  by: 'person' | 'platform';
  labels: Record<string, string>;
  verdicts: Verdict[];
}

export interface FoundPlace {
  looked: readonly PlaceCandidate[];
  cluster: PlaceCandidate | null;
  placement: Placement;
}

/**
 * Where an instance would go. Reads only: `settlePlace` holds it.
 * @throws Problem 'cluster.unknown', 'request.unfit'
 */
export async function findPlace(tx: Transaction, order: PlaceOrder): Promise<FoundPlace> {
  const { clusterId = null, clusterLabels: labels = {} } = order;
  if (clusterId !== null && Object.keys(labels).length > 0) {
    const faults = [{ pointer: '/clusterLabels', detail: 'either a cluster or labels to choose one by' }];
    throw new Problem('request.unfit', undefined, { faults });
  }
  const candidates = await readCandidates(tx, order, clusterId);
  const wanted: WantedPlace = { version: order.version, labels, amounts: order.amounts };
  const { chosen, verdicts } =
    clusterId === null ? choosePlace(candidates, wanted) : named(candidates, wanted, clusterId);
  const placement: Placement = {
    by: clusterId === null ? 'platform' : 'person',
    labels: { ...labels },
    // Of the others' clusters nothing is kept, nor shown: it would stay with the instance, for its tenant to read.
    verdicts: verdicts.filter((verdict) => !isOfOthers(verdict)),
  };
  return { looked: candidates, cluster: chosen, placement };
}

/** A person's choice is taken also where the cluster does not answer for now: the operation waits for it. */
function named(candidates: readonly PlaceCandidate[], wanted: WantedPlace, clusterId: string): Choice {
  const [candidate] = candidates;
  if (!candidate) throw new Problem('cluster.unknown', clusterId);
  const { id, name } = candidate;
  const against = obstaclesOf(candidate, wanted).filter((obstacle) => obstacle !== 'unreachable');
  return against.length === 0
    ? { chosen: candidate, verdicts: [{ id, name, outcome: 'chosen', by: 'named' }] }
    : { chosen: null, verdicts: [{ id, name, outcome: 'unfit', obstacles: against }] };
}

const isOfOthers = (verdict: Verdict): boolean =>
  verdict.outcome === 'unfit' && verdict.obstacles.includes('other-tenant');

const codes: Record<Exclude<Obstacle, 'labels-differ'>, ProblemCode> = {
  'other-tenant': 'cluster.not-for-tenant',
  'not-allowed': 'cluster.not-for-tenant',
  preparing: 'cluster.not-ready',
  unreachable: 'cluster.unavailable',
  cordoned: 'cluster.cordoned',
  'version-unfit': 'agent.version-unfit',
  'no-room': 'cluster.full',
};

const sentences: Record<Obstacle, string> = {
  'other-tenant': 'belongs to another tenant',
  'not-allowed': 'is not among those that the tenant may use',
  preparing: 'is still in preparation',
  unreachable: 'does not answer',
  cordoned: 'takes no new instances for now',
  'version-unfit': 'runs nothing that this version has',
  'labels-differ': 'has not these labels',
  'no-room': 'has no room for it',
};

const faultsOf = (verdicts: readonly Verdict[]): Fault[] =>
  verdicts.flatMap((verdict) =>
    verdict.outcome === 'unfit'
      ? {
          pointer: '/clusterId',
          detail: `${verdict.name} ${verdict.obstacles.map((one) => sentences[one]).join(', ')}.`,
        }
      : [],
  );

/** Why there is no place for it. */
export function refusalOf({ looked, placement: { by, verdicts } }: FoundPlace, { version }: PlaceOrder): Problem {
  if (by === 'platform') return new Problem('cluster.none-fits', undefined, { faults: faultsOf(verdicts) });
  const [[candidate], [verdict]] = [looked, verdicts];
  const first = verdict?.outcome === 'unfit' ? verdict.obstacles[0] : undefined;
  // One that is another tenant's has left no verdict.
  if (!candidate || !first || first === 'labels-differ') return new Problem('cluster.not-for-tenant');
  return new Problem(
    codes[first],
    first === 'version-unfit' ? unfitDetail(version, candidate.runtime) : candidate.name,
  );
}
