import type { Transaction } from '../../persistence/transaction.ts';
import type { Rollout } from '../rollout.entity.ts';
import type { Measure, RolloutMeasures } from './measures.ts';

/**
 * Reads what the analysis of a wave rests on, in four statements however many targets there are. Usage counts from
 * `from`, the beginning of the wave, until now; call it once `samplesReachTo` says that it has come in. Numbers of
 * Prometheus are added by `measurePrometheus`, outside the transaction.
 */
export async function readMeasures(
  tx: Transaction,
  rollout: Rollout,
  wave: number,
  from: Date,
): Promise<RolloutMeasures> {
  const ids = await readSides(tx, rollout.id, wave);
  const ended = await readEnded(tx, rollout.id, wave);
  const usage = await readUsage(tx, rollout.id, wave, from);
  return {
    at: new Date(),
    metrics: { ...ended, ...(await readObserved(tx, rollout.id, wave)), ...usage },
    prometheus: {},
    ...ids,
  };
}

/** Targets updated up to this wave, and those not begun; others are neither. */
const sides = `
  select t.tenant_id, t.instance_id, t.started_at, t.restarts_before, t.process_before, t.phase = 'Updated' as updated
  from rollout_targets t
  where t.rollout_id = ? and ((t.phase = 'Updated' and t.wave <= ?) or t.phase in ('Pending', 'Waiting'))`;

async function readSides(
  tx: Transaction,
  rolloutId: string,
  wave: number,
): Promise<Pick<RolloutMeasures, 'updated' | 'untouched'>> {
  const rows = await tx.query<{ updated: boolean; ids: string[] }>(
    `select updated, array_agg(instance_id::text order by instance_id) as ids from (${sides}) s group by updated`,
    [rolloutId, wave],
  );
  const side = (updated: boolean): string[] => rows.find((row) => row.updated === updated)?.ids ?? [];
  return { updated: side(true), untouched: side(false) };
}

interface Ended {
  ended: number;
  failed: number;
  refused: number;
  ready: number;
  ready_seconds: number | null;
  ready_before: number;
  ready_seconds_before: number | null;
}

/** The agent said no to what it was given, or ended itself over it. */
const refusals = `('agent.configuration-refused', 'agent.misconfigured')`;

async function readEnded(
  tx: Transaction,
  rolloutId: string,
  wave: number,
): Promise<Record<'ready-seconds' | 'failed' | 'refused', Measure>> {
  const [row] = await tx.query<Ended>(
    `with ended as (
       select t.wave = ? as here, t.phase = 'Failed' as failed,
         t.phase = 'Failed' and t.error ->> 'code' in ${refusals} as refused,
         case when o.phase = 'Succeeded' then extract(epoch from o.ended_at - o.created_at) end as seconds
       from rollout_targets t
       left join operations o on o.tenant_id = t.tenant_id and o.id = t.operation_id
       where t.rollout_id = ? and t.wave <= ? and t.phase in ('Updated', 'Failed')
     )
     select count(*) filter (where here)::int as ended,
       count(*) filter (where here and failed)::int as failed,
       count(*) filter (where here and refused)::int as refused,
       count(seconds) filter (where here)::int as ready,
       (percentile_cont(0.95) within group (order by seconds) filter (where here))::float8 as ready_seconds,
       count(seconds) filter (where not here)::int as ready_before,
       (percentile_cont(0.95) within group (order by seconds) filter (where not here))::float8 as ready_seconds_before
     from ended`,
    [wave, rolloutId, wave],
  );
  const { ended, failed, refused, ...ready } = row ?? nothingEnded;
  const counted = (value: number): Measure => ({
    value: ended > 0 ? value : null,
    sample: ended,
    baseline: null,
    baselineSample: 0,
  });
  return {
    'ready-seconds': {
      value: ready.ready_seconds,
      sample: ready.ready,
      baseline: ready.ready_seconds_before,
      baselineSample: ready.ready_before,
    },
    failed: counted(failed),
    refused: counted(refused),
  };
}

const nothingEnded: Ended = {
  ended: 0,
  failed: 0,
  refused: 0,
  ready: 0,
  ready_seconds: null,
  ready_before: 0,
  ready_seconds_before: null,
};

interface Observed {
  updated: boolean;
  counted: number;
  restarts: number | null;
  running: number;
  not_ready: number;
}

/** What is observed of them now. A new pod counts its restarts from 0 again; who is off need not be ready. */
async function readObserved(
  tx: Transaction,
  rolloutId: string,
  wave: number,
): Promise<Record<'restarts' | 'not-ready', Measure>> {
  const rows = await tx.query<Observed>(
    `select s.updated, count(s.restarts_before)::int as counted,
       sum(case when o.process_id is distinct from s.process_before or o.restarts < s.restarts_before
         then o.restarts else o.restarts - s.restarts_before end) filter (where s.restarts_before is not null)::int
         as restarts,
       count(*) filter (where i.power = 'on' and c.phase = 'Ready')::int as running,
       count(*) filter (where i.power = 'on' and c.phase = 'Ready' and not o.ready)::int as not_ready
     from (${sides}) s
     join observed_states o on o.tenant_id = s.tenant_id and o.instance_id = s.instance_id
     join instances i on i.tenant_id = s.tenant_id and i.id = s.instance_id
     join clusters c on c.id = i.cluster_id
     group by s.updated`,
    [rolloutId, wave],
  );
  const side = (updated: boolean) => rows.find((row) => row.updated === updated);
  const measure = (part: (row: Observed) => number, whole: (row: Observed) => number): Measure => {
    const [value, sample] = share(side(true), part, whole);
    const [baseline, baselineSample] = share(side(false), part, whole);
    return { value, sample, baseline, baselineSample };
  };
  return {
    restarts: measure(
      ({ restarts }) => restarts ?? 0,
      ({ counted }) => counted,
    ),
    'not-ready': measure(
      (row) => row.not_ready,
      ({ running }) => running,
    ),
  };
}

interface Usage {
  updated: boolean;
  succeeded: number;
  failed: number;
  tokens: number;
  cost_micros: number;
}

/** Samples that reach into the time count; of an updated target, only those that begin after its update did. */
async function readUsage(
  tx: Transaction,
  rolloutId: string,
  wave: number,
  from: Date,
): Promise<Record<'error-rate' | 'cost-per-call' | 'tokens-per-call', Measure>> {
  const rows = await tx.query<Usage>(
    `select s.updated, sum(u.calls_succeeded)::float8 as succeeded, sum(u.calls_failed)::float8 as failed,
       sum(u.tokens_in + u.tokens_out)::float8 as tokens, sum(u.cost_micros)::float8 as cost_micros
     from (${sides}) s
     join usage_samples u on u.tenant_id = s.tenant_id and u.instance_id = s.instance_id
       and u.at > ? and (not s.updated or u.at - make_interval(secs => u.seconds) >= s.started_at)
     group by s.updated`,
    [rolloutId, wave, from],
  );
  const side = (updated: boolean) => rows.find((row) => row.updated === updated);
  const measure = (part: (usage: Usage) => number, whole: (usage: Usage) => number): Measure => {
    const [value, sample] = share(side(true), part, whole);
    const [baseline, baselineSample] = share(side(false), part, whole);
    return { value, sample, baseline, baselineSample };
  };
  const succeeded = (usage: Usage): number => usage.succeeded;
  return {
    'error-rate': measure(
      (usage) => usage.failed,
      (usage) => usage.succeeded + usage.failed,
    ),
    'cost-per-call': measure((usage) => usage.cost_micros / 1e6, succeeded),
    'tokens-per-call': measure((usage) => usage.tokens, succeeded),
  };
}

function share<Row>(
  row: Row | undefined,
  part: (row: Row) => number,
  whole: (row: Row) => number,
): [number | null, number] {
  const sample = row ? whole(row) : 0;
  return [row && sample > 0 ? part(row) / sample : null, sample];
}
