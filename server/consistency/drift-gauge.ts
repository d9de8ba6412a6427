import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../observability/logger.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Drift } from './drift.entity.ts';

const states: readonly Drift['state'][] = ['consistent', 'drifted', 'unknown'];

/** Counted when somebody asks, over the whole platform: every process that has the gauge says the same. */
export function driftGauge(
  { db, log }: { db: Pick<Database, 'transaction'>; log: Pick<Logger, 'warn'> },
  registry: Registry,
): void {
  const gauge: Gauge<'state'> = new Gauge({
    name: 'occ_instances_by_drift',
    help: 'Instances by what their last comparison found',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      gauge.reset();
      const counted = await count(db).catch((error: unknown) => {
        // The other figures are worth having without this one.
        log.warn({ err: error }, 'drifts could not be counted');
        return null;
      });
      if (!counted) return;
      for (const state of states) gauge.set({ state }, counted.find((row) => row.state === state)?.count ?? 0);
    },
  });
}

const count = (db: Pick<Database, 'transaction'>) =>
  db.transaction(platformScope(), (tx) =>
    tx.query<{ state: Drift['state']; count: number }>(
      `select d.state, count(*)::int as count from drifts d
         join instances i on i.tenant_id = d.tenant_id and i.id = d.instance_id
       where i.deleted_at is null group by d.state`,
    ),
  );
