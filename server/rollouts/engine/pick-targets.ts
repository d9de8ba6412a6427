import type { Transaction } from '../../persistence/transaction.ts';
import { divergedCondition, strandedCondition } from './read-state.ts';

export interface Picked {
  instanceId: string;
  projectId: string;
}

interface Pick {
  rolloutId: string;
  wave: number;
  atMost: number;
  /** Tried a moment ago, and still in the way of something else. */
  except: readonly string[];
}

/** The next targets of a wave, in the order of the rollout. */
export const pickToStart = (tx: Transaction, { rolloutId, wave, atMost, except }: Pick): Promise<Picked[]> =>
  tx.query(
    `select t.instance_id as "instanceId", i.project_id as "projectId" from rollout_targets t
     join rollouts r on r.tenant_id = t.tenant_id and r.id = t.rollout_id
     join instances i on i.tenant_id = t.tenant_id and i.id = t.instance_id
     where t.rollout_id = ? and t.wave = ? and t.phase in ('Pending', 'Waiting') and t.instance_id <> all (?::uuid[])
       and not ${divergedCondition}
     order by t.position limit ?`,
    [rolloutId, wave, arrayOf(except), atMost],
  );

/** Those of a wave that have something to be taken back, the newest first. */
export const pickToRollBack = (tx: Transaction, { rolloutId, wave, atMost, except }: Pick): Promise<Picked[]> =>
  tx.query(
    `select t.instance_id as "instanceId", i.project_id as "projectId" from rollout_targets t
     join rollouts r on r.tenant_id = t.tenant_id and r.id = t.rollout_id
     join instances i on i.tenant_id = t.tenant_id and i.id = t.instance_id
     where t.rollout_id = ? and t.wave = ? and (t.phase = 'Updated' or ${strandedCondition})
       and t.instance_id <> all (?::uuid[])
     order by t.position desc limit ?`,
    [rolloutId, wave, arrayOf(except), atMost],
  );

const arrayOf = (ids: readonly string[]): string => `{${ids.join(',')}}`;
