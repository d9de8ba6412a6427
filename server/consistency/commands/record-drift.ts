import type { Difference } from '../../../activities/runtimes/runtime.ts';
import { activeOperationPhases } from '../../../workflows/contracts/phases.ts';
import { changePower } from '../../instances/commands/change-power.ts';
import { lockInstance } from '../../instances/require-instance.ts';
import { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Tenant } from '../../tenants/tenant.entity.ts';
import { Drift } from '../drift.entity.ts';

/** Whoever undoes the repair is not fought with: once an hour at most. */
const repairAgainAfterMs = 60 * 60_000;

const maintenance: Requester = { userId: null, name: 'maintenance', requestId: null };

export interface Comparison {
  tenantId: string;
  instanceId: string;
  /** What it was compared with; if the instance has moved on since, the finding says nothing. */
  revision: number;
  /** Null: nobody could say. */
  found: Found | null;
}

export interface Found {
  differences: Difference[];
  /** What a sync would not mend, such as a tag that was moved. */
  beyondSync: Difference[];
  /** The image as it is wanted, and as which one it runs; null where it does not. */
  image: string | null;
  imageId: string | null;
}

export type Recorded = 'consistent' | 'drifted' | 'unknown' | 'repaired' | 'moved-on';

/** Keeps what a comparison found, tells of a change, and books the repair where the tenant's policy says so. */
export async function recordDrift(tx: Transaction, comparison: Comparison): Promise<Recorded> {
  const { tenantId, instanceId, revision, found } = comparison;
  const findings = found && [...found.differences, ...found.beyondSync];
  const instance = await lockInstance(tx, instanceId);
  const busy = await tx.em.count(Operation, { tenantId, instanceId, phase: { $in: [...activeOperationPhases] } });
  if (busy > 0 || instance.deletedAt || instance.revision !== revision) return 'moved-on';

  const known = await tx.em.findOne(Drift, { tenantId, instanceId });
  const now = new Date();
  const state = findings === null ? 'unknown' : findings.length > 0 ? 'drifted' : 'consistent';
  const drift = known ?? tx.em.create(Drift, { tenantId, instanceId, state, revision, checkedAt: now });
  const told = known?.state ?? 'consistent';
  Object.assign(drift, {
    state,
    revision,
    // What could not be looked at keeps the findings of before.
    findings: findings ?? known?.findings ?? [],
    checkedAt: now,
    driftedSince: state === 'drifted' ? (drift.driftedSince ?? now) : null,
  });
  // Kept as it was first seen, until another image is wanted.
  if (found?.imageId && (drift.image !== found.image || !drift.imageId)) {
    Object.assign(drift, { image: found.image, imageId: found.imageId });
  }
  if (told !== state) {
    const { projectId, name } = instance;
    tx.emit({ type: 'instance.drift', tenantId, projectId, instanceId, data: { state, name } });
  }
  if (!found || found.differences.length === 0 || !(await mayRepair(tx, drift))) return state;
  const operation = await changePower(tx, { id: instanceId, verb: 'sync', by: maintenance });
  drift.operationId = operation.id;
  return 'repaired';
}

async function mayRepair(tx: Transaction, { tenantId, operationId }: Drift): Promise<boolean> {
  const { driftPolicy } = await tx.em.findOneOrFail(Tenant, { id: tenantId });
  if (driftPolicy !== 'repair') return false;
  if (!operationId) return true;
  const last = await tx.em.findOneOrFail(Operation, { tenantId, id: operationId });
  return Date.now() - last.createdAt.getTime() > repairAgainAfterMs;
}
