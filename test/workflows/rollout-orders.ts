import { v7 as uuidv7 } from 'uuid';
import type { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { rulesOf } from '../../activities/adapters/registry.ts';
import type { LayerDocument } from '../../server/configs/config-version.entity.ts';
import type { Operation } from '../../server/operations/operation.entity.ts';
import type { Requester } from '../../server/operations/requester.ts';
import { platformRequester } from '../../server/operations/requester.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import { planRevision } from '../../server/revisions/plan-revision.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';
import { RolloutDecision } from '../../server/rollouts/rollout-decision.entity.ts';
import { RolloutTarget } from '../../server/rollouts/rollout-target.entity.ts';
import { RolloutWave } from '../../server/rollouts/rollout-wave.entity.ts';
import { Rollout } from '../../server/rollouts/rollout.entity.ts';
import { RolloutStrategyInput } from '../../server/rollouts/rollout-order.schema.ts';
import type { RolloutChange, RolloutStrategy, WavePlan } from '../../server/rollouts/rollout.types.ts';
import type { RolloutPhase } from '../../workflows/contracts/phases.ts';
import { isOpenRollout } from '../../workflows/contracts/phases.ts';
import { uniqueName } from '../factories/people.ts';
import { create, ended, instanceOf, until } from './orders.ts';
import type { Rig } from './rig.ts';

export interface WaveOrder extends Partial<Omit<WavePlan, 'size'>> {
  instanceIds: string[];
}

interface RolloutOrder extends Partial<Omit<RolloutStrategy, 'waves'>> {
  waves: WaveOrder[];
  /** Of configuration: what every target gets, or what the one at this place; left out where only the power changes. */
  configuration?: UnifiedConfiguration | ((place: number) => UnifiedConfiguration);
  kind?: 'start' | 'stop' | 'restart';
  /** Of image: the version that every target gets, with the configuration that it has. */
  agentVersionId?: string;
  /** Of rollback: the revision that every target goes back to. */
  revision?: number;
  by?: Requester;
  deadlineAt?: Date;
  /** Left out: one that starts the workflow. */
  db?: Database;
}

/** So many instances, up and running. */
export async function fleet(rig: Rig, count: number, ownLayer?: LayerDocument): Promise<string[]> {
  await rig.db.transaction(platformScope(), (tx) =>
    tx.query('update quotas set instances = 1000, cpu_millis = 1000000, memory_bytes = ?, storage_bytes = ?', [
      2 ** 45,
      2 ** 45,
    ]),
  );
  const booked: Operation[] = [];
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const { instance, operation } = await create(rig, { configuration: ownLayer });
    ids.push(instance.id);
    booked.push(operation);
  }
  for (const operation of booked) await ended(rig.db, operation);
  return ids;
}

/**
 * The rows of a rollout as its creation leaves them, with the targets in the waves that the test wants.
 * What a creation plans is tested where that is.
 */
export async function rollOut(rig: Rig, order: RolloutOrder): Promise<Rollout> {
  const { db = rig.db, by = platformRequester, waves, configuration, agentVersionId, deadlineAt, revision } = order;
  const change = changeOf(order);
  const strategy: RolloutStrategy = {
    ...RolloutStrategyInput.parse({
      waves: waves.map(({ instanceIds, ...plan }) => ({ size: { count: instanceIds.length }, ...plan })),
      failureBudget: order.failureBudget,
      onBudgetExceeded: order.onBudgetExceeded,
      windows: order.windows,
      onConflict: 'wait',
    }),
  };
  return db.transaction(platformScope(), async (tx) => {
    const { tenant } = rig;
    const targets = waves.flatMap(({ instanceIds }, index) => instanceIds.map((id) => ({ id, wave: index + 1 })));
    const rollout = tx.em.create(Rollout, {
      tenantId: tenant.id,
      id: uuidv7(),
      projectId: rig.project.id,
      name: uniqueName('rollout'),
      kind: change.kind,
      phase: 'Pending',
      change,
      selection: { instanceIds: targets.map(({ id }) => id) },
      strategy,
      totalTargets: targets.length,
      forcedWaves: [],
      tenantName: tenant.name,
      requestedBy: by.userId,
      requestedByName: by.name,
      requestId: by.requestId,
      createdAt: new Date(),
      deadlineAt: deadlineAt ?? null,
    });
    await tx.em.flush();
    strategy.waves.forEach(({ concurrency, bakeSeconds }, index) => {
      tx.em.create(RolloutWave, {
        tenantId: tenant.id,
        rolloutId: rollout.id,
        number: index + 1,
        phase: 'Pending',
        targets: waves[index]?.instanceIds.length ?? 0,
        concurrency,
        bakeSeconds,
      });
    });
    for (const [index, { id, wave }] of targets.entries()) {
      const instance = await instanceOf(db, id);
      const [{ number } = { number: 0 }] = await tx.query<{ number: number }>(
        'select max(number) as number from revisions where instance_id = ?',
        [id],
      );
      const toRevision = configuration || agentVersionId ? number + 1 : (revision ?? instance.revision);
      if (toRevision > number) {
        const present = await tx.em.findOneOrFail(Revision, { instanceId: id, number: instance.revision });
        const given = typeof configuration === 'function' ? configuration(index) : configuration;
        const wanted = given ?? present.configuration;
        const plan = await planRevision(tx, rulesOf('openclaw'), instance, wanted, present.resources);
        tx.em.create(Revision, {
          tenantId: tenant.id,
          id: uuidv7(),
          instanceId: id,
          number: toRevision,
          agentVersionId: agentVersionId ?? present.agentVersionId,
          configuration: plan.configuration,
          configurationHash: plan.configurationHash,
          resources: present.resources,
          secretNames: plan.secretNames,
          createdAt: new Date(),
        });
      }
      tx.em.create(RolloutTarget, {
        tenantId: tenant.id,
        rolloutId: rollout.id,
        instanceId: id,
        wave,
        position: index + 1,
        phase: 'Pending',
        fromRevision: instance.revision,
        toRevision,
      });
    }
    tx.startRollout(rollout);
    return rollout;
  });
}

function changeOf({ configuration, agentVersionId, revision, kind = 'restart' }: RolloutOrder): RolloutChange {
  if (revision !== undefined) return { kind: 'rollback', revision };
  if (configuration) return { kind: 'configuration', templateId: uuidv7(), version: 1 };
  return agentVersionId ? { kind: 'image', agentVersionId } : { kind };
}

export const rolloutOf = (db: Database, id: string): Promise<Rollout> =>
  db.transaction(platformScope(), ({ em }) => em.findOneOrFail(Rollout, { id }));

export const targetsOf = (db: Database, rolloutId: string): Promise<RolloutTarget[]> =>
  db.transaction(platformScope(), ({ em }) => em.find(RolloutTarget, { rolloutId }, { orderBy: { position: 'asc' } }));

export const wavesOf = (db: Database, rolloutId: string): Promise<RolloutWave[]> =>
  db.transaction(platformScope(), ({ em }) => em.find(RolloutWave, { rolloutId }, { orderBy: { number: 'asc' } }));

export const decisionsOf = async (db: Database, rolloutId: string): Promise<string[]> => {
  const found = await db.transaction(platformScope(), ({ em }) =>
    em.find(RolloutDecision, { rolloutId }, { orderBy: { createdAt: 'asc', id: 'asc' } }),
  );
  return found.map(({ kind }) => kind);
};

export const phasesOf = async (db: Database, rolloutId: string): Promise<string[]> =>
  (await targetsOf(db, rolloutId)).map(({ phase }) => phase);

/** Waits for a phase, and fails at once where the rollout has ended in another one. */
export async function reached(
  db: Database,
  { id }: { id: string },
  phase: RolloutPhase,
  timeoutMs = 90_000,
): Promise<Rollout> {
  const rollout = await until(
    () => rolloutOf(db, id),
    (found) => found.phase === phase || !isOpenRollout(found.phase),
    async (found) => JSON.stringify([found.phase, found.pauseReason, await targetsOf(db, id)], null, 1),
    timeoutMs,
  );
  if (rollout.phase !== phase) {
    throw new Error(`the rollout ended ${rollout.phase}: ${JSON.stringify([rollout.error, await targetsOf(db, id)])}`);
  }
  return rollout;
}
