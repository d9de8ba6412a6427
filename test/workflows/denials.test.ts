import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../server/access/roles.ts';
import type { Requester } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { buildUser } from '../factories/people.ts';
import type { Call } from '../fakes/scripted-server.ts';
import { configurationOf, create, ended, instanceOf, remove, stepsOf } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { fleet, phasesOf, reached, rollOut } from './rollout-orders.ts';

interface Entry {
  action: string;
  onBehalfOfId: string | null;
  objectId: string;
  outcome: string;
  requestId: string | null;
  operationId: string | null;
  detail: { code?: string; reason?: string };
}

describe('who loses his right while it is made use of', { timeout: 150_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());

  const person = async (role: Role): Promise<Requester & { userId: string }> => {
    const { id, name } = await buildUser(rig.db, { role, tenantId: rig.tenant.id });
    return { userId: id, name, requestId: randomUUID() };
  };
  const dismiss = ({ userId }: Requester) =>
    rig.db.transaction(platformScope(), (tx) => tx.query('delete from role_assignments where user_id = ?', [userId]));
  const write = (kind: string, instanceId?: string) => (call: Call) =>
    call.verb === 'write' && call.change.kind === kind && (!instanceId || call.place.instanceId === instanceId);
  /** What the audit has by the request that began it all, but its beginning. */
  const toldOf = ({ requestId }: Requester): Promise<Entry[]> =>
    rig.db.transaction(platformScope(), (tx) =>
      tx.query<Entry>(
        `select action, on_behalf_of_id as "onBehalfOfId", object_id as "objectId", outcome, request_id as "requestId",
           operation_id as "operationId", detail
         from audit_entries where request_id = ? and outcome <> 'accepted' order by created_at, id`,
        [requestId],
      ),
    );

  it('has what he was creating taken back, and one entry in the audit', async () => {
    const by = await person(Role.Operator);
    const held = rig.scripted.hold(write('ensure'), 'after');
    const { instance, operation } = await create(rig, { by });
    await held.reached;
    await dismiss(by);
    held.letGo();

    const end = await ended(rig.db, operation, 'Failed');
    const detail = `${by.name} no longer has instance:create.`;
    expect(end.error).toMatchObject({ code: 'access.denied', detail });
    expect(await stepsOf(rig.db, operation.id)).toContainEqual(
      expect.objectContaining({ name: 'powerOn', state: 'Failed', attempt: 1 }),
    );
    const place = { tenantId: rig.tenant.id, instanceId: instance.id };
    expect(rig.scripted.cluster.observe(place)).toMatchObject({ exists: false, volumePresent: false });
    expect(rig.scripted.cluster.begun.get(instance.id) ?? []).toEqual([]);
    expect(await toldOf(by)).toEqual([
      {
        action: 'instance.provision',
        onBehalfOfId: by.userId,
        objectId: instance.id,
        outcome: 'denied',
        requestId: by.requestId,
        operationId: operation.id,
        detail: { code: 'access.denied', reason: detail },
      },
    ]);
  });

  it('gets no further with a removal: the volume stays', async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    const by = await person(Role.TenantAdministrator);
    const held = rig.scripted.hold(write('remove', instance.id), 'after');
    const removal = await remove(rig.db, instance.id, { purge: true, by });
    await held.reached;
    await dismiss(by);
    held.letGo();

    await ended(rig.db, removal, 'Failed');
    const place = { tenantId: rig.tenant.id, instanceId: instance.id };
    expect(rig.scripted.cluster.observe(place)).toMatchObject({ exists: false, volumePresent: true });
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ volume: 'present', deletedAt: null });
    expect(await toldOf(by)).toMatchObject([{ action: 'instance.delete', outcome: 'denied', operationId: removal.id }]);
    // Whoever may do it ends it.
    await ended(rig.db, await remove(rig.db, instance.id, { purge: true }));
  });

  it('is asked for the right to what is his own, as the request was', async () => {
    const by = await person(Role.Member);
    const { operation } = await create(rig, { by });
    await ended(rig.db, operation);
    expect(await toldOf(by)).toMatchObject([{ action: 'instance.provision', outcome: 'succeeded' }]);
  });

  it('begins no more targets of a rollout, and however many were to begin, that is one entry', async () => {
    const ids = await fleet(rig, 6);
    const by = await person(Role.Operator);
    const [first = '', ...others] = ids;
    const held = rig.scripted.hold((call) => call.verb === 'write' && call.place.instanceId === first, 'before');
    const rollout = await rollOut(rig, {
      configuration: configurationOf({ environment: { MODE: 'other' } }),
      waves: [{ instanceIds: [first] }, { instanceIds: others, concurrency: 5 }],
      by,
    });
    await held.reached;
    await dismiss(by);
    held.letGo();

    await reached(rig.db, rollout, 'Paused');
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Updated', ...others.map(() => 'Pending')]);
    expect((await toldOf(by)).filter(({ outcome }) => outcome === 'denied')).toEqual([
      {
        action: 'rollout.advance',
        onBehalfOfId: by.userId,
        objectId: rollout.id,
        outcome: 'denied',
        requestId: by.requestId,
        operationId: null,
        detail: { reason: `${by.name} no longer has rollout:create.`, kind: 'configuration', wave: 2 },
      },
    ]);
  });
});
