import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, ended, instanceOf, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

describe('an image that does not come in time', { timeout: 120_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ environment: { IMAGE_PATIENCE_SECONDS: '2' } });
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());

  it.each(['Pulling', 'ErrImagePull', 'ImagePullBackOff'])(
    'is named when a creation has waited for it in vain, and nothing is left (%s)',
    async (reason) => {
      rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason });
      const { instance, operation } = await create(rig);
      const { error } = await ended(rig.db, operation, 'Failed');
      expect(error).toMatchObject({
        code: 'agent.image-unavailable',
        detail: `openclaw:test: ${reason}: the script says ${reason}`,
      });
      expect(rig.scripted.cluster.instances.has(instance.id)).toBe(false);
      expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Failed', volume: 'none' });
    },
  );

  it('is not blamed for a process that is slow for another reason', async () => {
    rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason: 'ContainerCreating' });
    const { instance, operation } = await create(rig);
    const begunMs = Date.now();
    await until(
      () => rig.scripted.cluster.begun.get(instance.id)?.length === 1 && Date.now() - begunMs,
      (sinceMs) => sinceMs !== false && sinceMs > 4_000,
    );
    rig.scripted.cluster.recover(instance.id);
    expect(await ended(rig.db, operation)).toMatchObject({ phase: 'Succeeded' });
  });
});
