import type { ObservedInstance } from '../../../activities/runtimes/runtime.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import { isStillActive } from '../../operations/require-operation.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Instance } from '../instance.entity.ts';
import { ObservedState } from '../observed-state.entity.ts';
import { emitInstance, refreshPhase } from './refresh-phase.ts';

export interface Observation {
  clusterId: string;
  /** Of the observer's lease; null from a step of an operation. */
  epoch: number | null;
  /** The operation that looked: what it saw counts only while the instance is still its own. */
  operationId?: string;
  observed: ObservedInstance;
}

/**
 * Writes what a cluster shows of one instance, and the phase that follows. An observer that has lost its lease is
 * older than what stands there, and writes nothing; neither does a superseded operation, nor who sees what was seen
 * before.
 */
export async function recordObservation(tx: Transaction, observation: Observation): Promise<void> {
  const { clusterId, epoch, operationId, observed } = observation;
  const where = { tenantId: observed.tenantId, instanceId: observed.instanceId };
  const facts = factsFor(observed);
  const seen = await tx.em.findOne(ObservedState, where);
  if (seen && isOutdated(seen, epoch)) return;
  if (seen && seen.clusterId === clusterId && sameFacts(seen, facts)) return;

  // Under the instance's lock, or a phase worked out from what was true before a command would overwrite the command's.
  const instance = await lockRow(tx, Instance, 'instances', observed.instanceId);
  if (!instance || instance.tenantId !== observed.tenantId) return;
  if (operationId && !(await isStillActive(tx, operationId))) return;
  const stored = await tx.em.findOne(ObservedState, where, { refresh: true });
  if (stored && isOutdated(stored, epoch)) return;
  const news = !stored || hasNews(stored, facts);
  const state = { ...facts, clusterId, epoch: epoch ?? stored?.epoch ?? 0, lastSeenAt: new Date() };
  if (stored) tx.em.assign(stored, state);
  else tx.em.create(ObservedState, { ...where, ...state });
  await tx.em.flush();
  const before = instance.phase;
  await refreshPhase(tx, instance);
  if (news && instance.phase === before) emitInstance(tx, instance);
}

type Facts = Omit<ObservedInstance, 'instanceId' | 'tenantId' | 'power' | 'startedAt'> & { startedAt: Date | null };

const factsFor = (observed: ObservedInstance): Facts => ({
  exists: observed.exists,
  ready: observed.ready,
  current: observed.current,
  terminating: observed.terminating,
  processPresent: observed.processPresent,
  processId: observed.processId,
  restarts: observed.restarts,
  reason: observed.reason,
  message: observed.message,
  exitCode: observed.exitCode,
  generation: observed.generation,
  revision: observed.revision,
  configurationHash: observed.configurationHash,
  volumePresent: observed.volumePresent,
  startedAt: observed.startedAt ? new Date(observed.startedAt) : null,
});

const isOutdated = (stored: ObservedState, epoch: number | null): boolean => epoch !== null && stored.epoch > epoch;

const same = (stored: ObservedState, facts: Facts, keys: readonly (keyof Facts)[]): boolean =>
  keys.every((key) => String(stored[key] ?? null) === String(facts[key] ?? null));

const sameFacts = (stored: ObservedState, facts: Facts): boolean =>
  same(stored, facts, Object.keys(facts) as (keyof Facts)[]);

const shown = ['ready', 'terminating', 'processId', 'restarts', 'reason', 'message', 'exitCode'] as const;

/** Worth an event by itself, also where the phase stays. */
const hasNews = (stored: ObservedState, facts: Facts): boolean => !same(stored, facts, shown);
