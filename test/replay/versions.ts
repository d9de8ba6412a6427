import type { Operation } from '../../server/operations/operation.entity.ts';
import type { OperationPhase } from '../../workflows/contracts/phases.ts';
import { ask, create, ended } from '../workflows/orders.ts';
import type { Rig } from '../workflows/rig.ts';
import { enterVersion, rollBack, upgrade } from '../workflows/version-orders.ts';
import type { Recorded } from './scenarios.ts';

/** Upgrades and rollbacks: those that come to a good end, of a stopped instance too, and those that take back what they did. */
export async function* versions(rig: Rig): AsyncGenerator<Recorded> {
  const { db } = rig;
  const { cluster } = rig.scripted;
  const newer = await enterVersion(db, '2026.10.1');
  const done = async (booked: Operation, ending?: string, phase?: OperationPhase): Promise<Recorded> => ({
    operation: await ended(db, booked, phase),
    ending,
  });
  const running = async (): Promise<string> => {
    const { instance, operation } = await create(rig);
    await ended(db, operation);
    return instance.id;
  };
  const never = (version: string): void => {
    cluster.fateOf = ({ agentVersion }) =>
      agentVersion === version ? { does: 'wait', reason: 'ErrImageNeverPull' } : { does: 'run' };
  };

  const id = await running();
  yield done(await upgrade(db, id, newer));
  cluster.doWork(id, 'new');
  yield done(await rollBack(db, id), 'diverged', 'Failed');
  never('2026.9.6');
  yield done(await rollBack(db, id, { discardNewState: true }), 'undone', 'Failed');
  never('none');
  yield done(await rollBack(db, id, { discardNewState: true }));

  never('2026.10.1');
  yield done(await upgrade(db, id, newer), 'undone', 'Failed');
  never('none');
  await ended(db, await ask(db, id, 'stop'));
  yield done(await upgrade(db, id, newer), 'stopped');
  yield done(await rollBack(db, id), 'stopped');
}
