import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { OperationKind } from '../../../workflows/contracts/operations.ts';
import type { Power } from '../../../workflows/contracts/phases.ts';
import { requestOperation } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { reserveQuota } from '../../quotas/commands/reserve-quota.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import type { Instance } from '../instance.entity.ts';
import { lockInstance } from '../require-instance.ts';
import { refreshPhase } from './refresh-phase.ts';

export type Verb = 'start' | 'stop' | 'restart' | 'kill' | 'sync';

interface Effect {
  kind: OperationKind;
  /** Power that is wanted from now on; left out: as it is. */
  power?: Power;
  /** Why it cannot be done in this state, or null. */
  refuse?: (instance: Instance) => string | null;
}

const effects: Record<Verb, Effect> = {
  start: {
    kind: OperationKind.InstanceStart,
    power: 'on',
    refuse: ({ power, phase }) => (power === 'on' && phase === 'Running' ? 'It is running already.' : null),
  },
  stop: {
    kind: OperationKind.InstanceStop,
    power: 'off',
    refuse: ({ power, phase }) => (power === 'off' && phase === 'Stopped' ? 'It is stopped already.' : null),
  },
  restart: {
    kind: OperationKind.InstanceRestart,
    refuse: ({ power }) => (power === 'off' ? 'It is stopped: start it instead.' : null),
  },
  kill: { kind: OperationKind.InstanceKill, power: 'off' },
  sync: { kind: OperationKind.InstanceSync },
};

/**
 * Books one of the verbs that take no further input.
 * @throws Problem 'instance.unknown', 'instance.deleted', 'instance.busy' (kill: only by a removal), 'instance.state-conflict',
 *   'quota.exceeded' (start)
 */
export async function changePower(
  tx: Transaction,
  { id, verb, by, rolloutId }: { id: string; verb: Verb; by: Requester; rolloutId?: string },
): Promise<Operation> {
  const { kind, power } = effects[verb];
  const instance = await lockInstance(tx, id);
  if (instance.deletedAt) throw new Problem('instance.deleted');
  const reason = refusalOf(instance, verb);
  const tenant = await requireTenant(tx, instance.tenantId);
  const operation = await requestOperation(tx, {
    kind,
    tenant,
    instance,
    input: verb === 'restart' ? { restartToken: uuidv7() } : {},
    rolloutId,
    by,
  });
  // Only now: whoever meets a running operation is told of it, not of the state that it will leave.
  if (reason) throw new Problem('instance.state-conflict', reason);
  if (power === 'on') await reserveRunning(tx, instance);
  if (power) instance.power = power;
  await tx.em.flush();
  await refreshPhase(tx, instance);
  return operation;
}

function refusalOf(instance: Instance, verb: Verb): string | null {
  if (instance.phase === 'Failed') {
    return 'Its creation failed and left nothing: delete it, or retry the creation.';
  }
  return effects[verb].refuse?.(instance) ?? null;
}

async function reserveRunning(tx: Transaction, { tenantId, id, revision }: Instance): Promise<void> {
  const { resources } = await tx.em.findOneOrFail(Revision, { tenantId, instanceId: id, number: revision });
  await reserveQuota(tx, { tenantId, instanceId: id, ...resources, instances: 1 });
}
