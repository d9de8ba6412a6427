import type { Usage } from './usage.schema.ts';

const columns = ['calls_succeeded', 'calls_failed', 'runs', 'tokens_in', 'tokens_out', 'cost_micros'] as const;

/** Samples and, for what is older, sums of an hour; both stand at the end of their time. Takes `from`, `to`, `from`, `to`. */
export const usageBetween = `(
  select tenant_id, instance_id, at, ${columns.join(', ')} from usage_samples where at > ? and at <= ?
  union all
  select tenant_id, instance_id, at, ${columns.join(', ')} from usage_hours where at > ? and at <= ?)`;

export const usageSums = columns.map((column) => `coalesce(sum(u.${column}), 0)::bigint as ${column}`).join(', ');

/** As the driver gives sums: bigint as text. */
export type UsageRow = Record<(typeof columns)[number], string | number>;

export const presentUsage = (row: UsageRow): Usage => ({
  callsSucceeded: Number(row.calls_succeeded),
  callsFailed: Number(row.calls_failed),
  runs: Number(row.runs),
  tokensIn: Number(row.tokens_in),
  tokensOut: Number(row.tokens_out),
  costUsd: Number(row.cost_micros) / 1e6,
});

export const nothingUsed: UsageRow = {
  calls_succeeded: 0,
  calls_failed: 0,
  runs: 0,
  tokens_in: 0,
  tokens_out: 0,
  cost_micros: 0,
};
