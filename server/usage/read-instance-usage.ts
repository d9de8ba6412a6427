import type { z } from 'zod';
import { timeOf } from '../http/fields.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { periodOf, refused } from './period.ts';
import { nothingUsed, presentUsage, usageBetween, usageSums, type UsageRow } from './usage-rows.ts';
import type { InstanceUsage, InstanceUsageQuery } from './usage.schema.ts';

const stepLimit = 1_500;

/** @throws Problem 'request.unfit' */
export async function readInstanceUsage(
  tx: Transaction,
  instance: { tenantId: string; id: string },
  query: z.output<typeof InstanceUsageQuery>,
): Promise<z.output<typeof InstanceUsage>> {
  const { from, to } = periodOf(query);
  if ((to.getTime() - from.getTime()) / (query.step * 1_000) > stepLimit) {
    throw refused('step', `This makes more than ${stepLimit} steps.`);
  }
  const ofInstance = [instance.tenantId, instance.id];
  // A step goes from its beginning, left out, to its end: a sample is booked at the end of its time.
  const steps = await tx.query<UsageRow & { at: Date | string }>(
    `select date_bin(make_interval(secs => ?), u.at - interval '1 microsecond', ?::timestamptz) as at, ${usageSums}
     from ${usageBetween} u where u.tenant_id = ? and u.instance_id = ? group by 1 order by 1`,
    [query.step, from, from, to, from, to, ...ofInstance],
  );
  const [told] = await tx.query<{ at: Date | string }>(
    `select at from usage_counters where tenant_id = ? and instance_id = ?`,
    ofInstance,
  );
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    stepSeconds: query.step,
    total: presentUsage(steps.reduce(sumOf, nothingUsed)),
    steps: steps.map(({ at, ...row }) => ({ at: timeOf(at), ...presentUsage(row) })),
    lastToldAt: told ? timeOf(told.at) : null,
  };
}

const sumOf = (left: UsageRow, right: UsageRow): UsageRow => ({
  calls_succeeded: Number(left.calls_succeeded) + Number(right.calls_succeeded),
  calls_failed: Number(left.calls_failed) + Number(right.calls_failed),
  runs: Number(left.runs) + Number(right.runs),
  tokens_in: Number(left.tokens_in) + Number(right.tokens_in),
  tokens_out: Number(left.tokens_out) + Number(right.tokens_out),
  cost_micros: Number(left.cost_micros) + Number(right.cost_micros),
});
