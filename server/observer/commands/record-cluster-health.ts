import { refreshPhase } from '../../instances/commands/refresh-phase.ts';
import { Instance } from '../../instances/instance.entity.ts';
import { Cluster } from '../../clusters/cluster.entity.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import { platformScope, type Database } from '../../persistence/database.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Lease } from '../lease.ts';

export type ClusterHealth = { answers: true; version: string } | { answers: false; message: string };

/** Shown as last seen; written no more often than this while nothing changes. */
const lastSeenEveryMs = 15_000;
const batchSize = 50;

/** @returns true when the phase is another one than before; the instances' phases follow then */
export async function recordClusterHealth(tx: Transaction, id: string, health: ClusterHealth): Promise<boolean> {
  const cluster = await lockRow(tx, Cluster, 'clusters', id);
  if (!cluster || cluster.phase === 'Preparing') return false;
  const before = { phase: cluster.phase, message: cluster.message ?? null, version: cluster.version ?? null };
  if (health.answers) {
    Object.assign(cluster, { phase: 'Ready', message: null, version: health.version });
    const ageMs = Date.now() - (cluster.lastSeenAt?.getTime() ?? 0);
    if (ageMs > lastSeenEveryMs || before.phase !== 'Ready') cluster.lastSeenAt = new Date();
  } else {
    Object.assign(cluster, { phase: 'Unreachable', message: health.message });
  }
  const { phase, message, name, version } = cluster;
  if (phase !== before.phase || message !== before.message || version !== before.version) {
    tx.emit({ type: 'cluster.changed', tenantId: null, data: { id, name, phase, message } });
  }
  return phase !== before.phase;
}

/** The phases of all instances of a cluster, worked out anew: in small transactions, each instance under its lock. */
export async function refreshPhasesOn(db: Database, clusterId: string, lease: Lease): Promise<void> {
  let after = '';
  for (;;) {
    const ids = await db.transaction(platformScope(), (tx) => nextInstances(tx, clusterId, after));
    for (const { id } of ids) await refreshPhaseUnder(db, id, lease);
    if (ids.length < batchSize) return;
    after = ids.at(-1)?.id ?? '';
  }
}

export const refreshPhaseUnder = (db: Database, instanceId: string, lease: Lease): Promise<void> =>
  db.transaction(platformScope(), async (tx) => {
    await lease.assertHeld(tx);
    const instance = await lockRow(tx, Instance, 'instances', instanceId);
    if (instance) await refreshPhase(tx, instance);
  });

const nextInstances = (tx: Transaction, clusterId: string, after: string): Promise<{ id: string }[]> =>
  tx.query(
    `select id from instances where cluster_id = ? and deleted_at is null and id::text > ? order by id::text limit ${batchSize}`,
    [clusterId, after],
  );
