import type { UsageCounters } from '../../../activities/adapters/adapter.ts';
import type { Transaction } from '../../persistence/transaction.ts';

/** What an agent has just told. */
export interface Told {
  tenantId: string;
  instanceId: string;
  /** How long ago; the database's clock makes a time of it. */
  ageSeconds: number;
  counters: UsageCounters;
}

/**
 * Turns counters into what was done since they were read last, in one statement for all of them. The last counters are
 * kept beside the samples: whoever reads next, after whatever pause, neither counts twice nor leaves out what a living
 * process has counted meanwhile. Another process has begun at 0, so all of its counters are new.
 */
export async function recordUsage(tx: Transaction, told: readonly Told[]): Promise<void> {
  if (told.length === 0) return;
  const rows = told.map(({ counters, ...of }) => ({ ...of, ...counters }));
  await tx.query(
    `with told as (
       select t."tenantId" as tenant_id, t."instanceId" as instance_id,
         clock_timestamp() - make_interval(secs => t."ageSeconds") as at, t."processId" as process_id,
         t."uptimeSeconds" as uptime, t."callsSucceeded" as calls_succeeded, t."callsFailed" as calls_failed, t.runs,
         t."tokensIn" as tokens_in, t."tokensOut" as tokens_out, t."costMicros" as cost_micros
       from jsonb_to_recordset(?::jsonb) as t("tenantId" uuid, "instanceId" uuid, "ageSeconds" float8, "processId" text,
         "uptimeSeconds" float8, "callsSucceeded" bigint, "callsFailed" bigint, runs bigint, "tokensIn" bigint,
         "tokensOut" bigint, "costMicros" bigint)
       join instances i on i.tenant_id = t."tenantId" and i.id = t."instanceId"
     ), known as (
       select c.* from usage_counters c
       join told t on t.tenant_id = c.tenant_id and t.instance_id = c.instance_id
       order by c.instance_id for update of c
     ), fresh as (
       select t.*, k.at as before, coalesce(k.process_id = t.process_id and k.calls_succeeded <= t.calls_succeeded
           and k.calls_failed <= t.calls_failed and k.runs <= t.runs and k.tokens_in <= t.tokens_in
           and k.tokens_out <= t.tokens_out and k.cost_micros <= t.cost_micros, false)::int as goes_on,
         k.calls_succeeded as k_calls_succeeded, k.calls_failed as k_calls_failed, k.runs as k_runs,
         k.tokens_in as k_tokens_in, k.tokens_out as k_tokens_out, k.cost_micros as k_cost_micros
       from told t left join known k on k.tenant_id = t.tenant_id and k.instance_id = t.instance_id
       where k.at is null or k.at < t.at
     ), done as (
       select tenant_id, instance_id, at,
         case when goes_on = 1 then before else greatest(before, at - make_interval(secs => uptime)) end as since,
         calls_succeeded - goes_on * coalesce(k_calls_succeeded, 0) as calls_succeeded,
         calls_failed - goes_on * coalesce(k_calls_failed, 0) as calls_failed, runs - goes_on * coalesce(k_runs, 0) as runs,
         tokens_in - goes_on * coalesce(k_tokens_in, 0) as tokens_in,
         tokens_out - goes_on * coalesce(k_tokens_out, 0) as tokens_out,
         cost_micros - goes_on * coalesce(k_cost_micros, 0) as cost_micros
       from fresh
     ), written as (
       insert into usage_samples
         (tenant_id, instance_id, at, seconds, calls_succeeded, calls_failed, runs, tokens_in, tokens_out, cost_micros)
       select tenant_id, instance_id, at, ceil(extract(epoch from at - since))::int, calls_succeeded, calls_failed, runs, tokens_in, tokens_out,
         cost_micros
       from done where calls_succeeded + calls_failed + runs + tokens_in + tokens_out + cost_micros > 0
     )
     insert into usage_counters
       (tenant_id, instance_id, process_id, since, at, calls_succeeded, calls_failed, runs, tokens_in, tokens_out,
        cost_micros)
     select f.tenant_id, f.instance_id, f.process_id, d.since, f.at, f.calls_succeeded, f.calls_failed, f.runs,
       f.tokens_in, f.tokens_out, f.cost_micros
     from fresh f join done d on d.tenant_id = f.tenant_id and d.instance_id = f.instance_id
     on conflict (tenant_id, instance_id) do update set
       process_id = excluded.process_id, since = excluded.since, at = excluded.at,
       calls_succeeded = excluded.calls_succeeded, calls_failed = excluded.calls_failed, runs = excluded.runs,
       tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out, cost_micros = excluded.cost_micros`,
    [JSON.stringify(rows)],
  );
}
