import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { resumeRollout } from '../../server/rollouts/commands/resume-rollout.ts';
import { pauseRollout } from '../../server/rollouts/commands/pause-rollout.ts';
import type { Rollout } from '../../server/rollouts/rollout.entity.ts';
import { rolloutWorkflowIdOf, rolloutWorkflowType } from '../../workflows/contracts/rollouts.ts';
import { configurationOf, until } from '../workflows/orders.ts';
import { fleet, reached, rollOut, wavesOf } from '../workflows/rollout-orders.ts';
import type { Rig } from '../workflows/rig.ts';
import type { Recorded } from './scenarios.ts';

const recorded = ({ id }: Rollout, ending?: string): Recorded => ({
  workflowType: rolloutWorkflowType,
  workflowId: rolloutWorkflowIdOf(id),
  ending,
});

/** One that is paused and resumed between its waves, and two whose check ends them. */
export async function* rollouts(rig: Rig): AsyncGenerator<Recorded> {
  const { db } = rig;
  const ids = await fleet(rig, 2);
  const waves = ids.map((id) => ({ instanceIds: [id], bakeSeconds: 1 }));
  const configuration = configurationOf({ logging: { level: 'warn' } });
  const rollout = await rollOut(rig, { configuration, waves });
  await until(
    () => wavesOf(db, rollout.id),
    ([wave]) => wave?.phase === 'Baking',
  );
  await db.transaction(platformScope(), (tx) => pauseRollout(tx, { id: rollout.id, by }));
  await reached(db, rollout, 'Paused');
  const isIdle = async () => {
    const { raw } = await rig.temporal.client.workflow.getHandle(rolloutWorkflowIdOf(rollout.id)).describe();
    return (raw.pendingActivities ?? []).length === 0;
  };
  await until(isIdle, Boolean);
  await db.transaction(platformScope(), (tx) => resumeRollout(tx, { id: rollout.id, by }));
  await reached(db, rollout, 'Succeeded');
  yield recorded(rollout);

  rig.scripted.cluster.judge = () => ({ exitCode: 1, output: '{"valid":false,"issues":[{"message":"no"}]}' });
  const refused = await rollOut(rig, { configuration: configurationOf({ logging: { level: 'error' } }), waves });
  await reached(db, refused, 'Failed');
  yield recorded(refused, 'refused');

  rig.scripted.cluster.judge = () => ({ exitCode: 137, output: '' });
  const unchecked = await rollOut(rig, { configuration: configurationOf({ logging: { level: 'debug' } }), waves });
  await reached(db, unchecked, 'Failed');
  yield recorded(unchecked, 'unchecked');
  rig.scripted.cluster.judge = () => ({ exitCode: 0, output: '{"valid":true,"issues":[]}' });
}
