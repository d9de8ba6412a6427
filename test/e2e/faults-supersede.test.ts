import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testKubernetes, killPart, startPart } from '../platform/kubernetes.ts';
import { Fleet } from './support/fleet.ts';
import { disturbAt } from './support/moments.ts';
import { expectAsUndisturbed, liveUndisturbed, oneProcess, type Undisturbed } from './support/undisturbed.ts';

/** Far more than a request takes, far less than anything that would wait for a cluster. */
const atOnceMs = 3_000;

describe.skipIf(!testKubernetes())('of several who want an instance', () => {
  let fleet: Fleet;
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    fleet = await Fleet.start();
    undisturbed = await liveUndisturbed(fleet);
  });
  // One that fails leaves what it made; the next ones compare the whole namespace.
  afterEach(() => fleet?.purgeAll());
  afterAll(async () => {
    await startPart('kube-apiserver').catch(() => undefined);
    await fleet?.stop();
  });

  const provisioned = async (name: string): Promise<string> => {
    const operationId = await fleet.create(name);
    await fleet.succeeded(operationId);
    return fleet.instanceOf(operationId);
  };
  const purge = async (instanceId: string): Promise<void> => {
    await fleet.succeeded(await fleet.remove(instanceId, { purge: true }));
    await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
  };

  it('at the same time one wins, and the others are told the winner', async () => {
    const instanceId = await provisioned('wanted');
    const verbs = ['restart', 'stop', 'sync', 'restart'];
    const answers = await Promise.all(verbs.map((verb) => fleet.post(`/instances/${instanceId}/${verb}`)));
    const [winner, ...further] = answers.filter(({ status }) => status === 202);
    expect(further).toEqual([]);
    expect(winner).toBeDefined();
    const id = winner?.body.id as string;
    for (const { body } of answers.filter((answer) => answer !== winner)) {
      expect(body).toMatchObject({ status: 409, code: 'instance.busy', operationId: id });
    }
    await fleet.succeeded(id);
    await purge(instanceId);
  });

  it('a kill takes over a start that waits, and what it took over from writes nothing any more', async () => {
    const operationId = await fleet.create('impatient');
    await fleet.entered(operationId, 'awaitReady');
    const instanceId = await fleet.instanceOf(operationId);
    const killing = await fleet.verb(instanceId, 'kill');
    expect(await fleet.operation(operationId)).toMatchObject({ phase: 'Superseded' });
    await fleet.succeeded(killing);
    await expectAsUndisturbed(fleet, instanceId, undisturbed.stopped);
    expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: true }));
    expect(fleet.record.lateWrites(instanceId)).toEqual([]);
    await purge(instanceId);
  });

  it.each(['kill', 'remove'] as const)(
    'a %s is answered at once with the cluster down, and done when it is back',
    async (how) => {
      const instanceId = await provisioned(`down-${how}`);
      await killPart('kube-apiserver', 'SIGKILL');
      try {
        const restarting = await fleet.verb(instanceId, 'restart');
        await expect.poll(() => waitingFor(restarting), { timeout: 60_000 }).toContain('cluster.unavailable');
        const askedMs = performance.now();
        const ending = how === 'kill' ? await fleet.verb(instanceId, 'kill') : await fleet.remove(instanceId);
        expect(performance.now() - askedMs).toBeLessThan(atOnceMs);
        expect(await fleet.operation(restarting)).toMatchObject({ phase: 'Superseded' });
        await expect.poll(() => waitingFor(ending), { timeout: 60_000 }).toContain('cluster.unavailable');
        expect(await fleet.operation(ending)).toMatchObject({ phase: 'Running' });
        await startPart('kube-apiserver');
        await fleet.succeeded(ending);
        expect(fleet.record.lateWrites(instanceId)).toEqual([]);
      } finally {
        await startPart('kube-apiserver');
      }
      await expectAsUndisturbed(fleet, instanceId, how === 'kill' ? undisturbed.stopped : undisturbed.removed);
      expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: true }));
      await purge(instanceId);
    },
  );

  /**
   * Has another worker carry it out, which is gone again afterwards. It comes after the question: a step whose worker
   * is frozen is given to the next one within seconds, which would take the older operation to its end.
   */
  async function carriedOutByAnother(ask: () => Promise<string>): Promise<string> {
    const operationId = await ask();
    const other = await fleet.product.startReplica('worker');
    // The frozen worker has asked for work, and what it is given is lost until its time is up. Not so after this.
    await fleet.product.temporal.restart();
    await fleet.succeeded(operationId);
    await other.stop();
    return operationId;
  }

  it.each(['kill', 'remove'] as const)(
    'a %s takes over from a worker that is frozen in the middle of a step, which writes nothing when it goes on',
    async (how) => {
      const { worker } = fleet.product;
      const freeze = () => worker.kill('SIGSTOP');
      const superseded = await disturbAt(fleet, 'placeInstance', () => fleet.create(`frozen-${how}`), freeze);
      const instanceId = await fleet.instanceOf(superseded);
      const ask = () => (how === 'kill' ? fleet.verb(instanceId, 'kill') : fleet.remove(instanceId, { purge: true }));
      let ending: string;
      let seen: number;
      try {
        ending = await carriedOutByAnother(ask);
        if (how === 'remove') await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
        seen = fleet.record.sightings.length;
      } finally {
        await worker.kill('SIGCONT');
      }

      // It has come to itself when it carries the next operation out.
      const next = await provisioned(`after-${how}`);
      await expect
        .poll(() => fleet.record.createdIn(fleet.tenantId, seen, { except: next }), { timeout: 60_000 })
        .toEqual([]);
      expect(fleet.record.lateWrites(instanceId)).toEqual([]);
      expect(await fleet.operation(superseded)).toMatchObject({ phase: 'Superseded', superseded_by: ending });
      // The freeze may come as late as in the next step: only then may there have been a process, one, and it is gone.
      const steps = await fleet.sql(`select name from operation_steps where operation_id = $1`, superseded);
      const wasLate = JSON.stringify(steps).includes('powerOn');
      const processes = fleet.record.processesOf(instanceId);
      expect(processes).toEqual(wasLate && processes.length > 0 ? oneProcess({ gone: true }) : []);
      if (how === 'kill') await fleet.succeeded(await fleet.remove(instanceId, { purge: true }));
      await purge(next);
    },
  );

  it.each(['ensureTenantSpace', 'checkConfiguration'] as const)(
    'a removal takes over from a worker that is frozen in %s, which writes nothing when it goes on',
    async (moment) => {
      const { worker } = fleet.product;
      const home = moment === 'ensureTenantSpace' ? await fleet.buildOtherTenant() : { tenantId: fleet.tenantId };
      // A configuration of its own: what was checked before is not checked again.
      const create = () => fleet.create('early', { ...home, environment: { FROZEN_IN: moment } });
      const superseded = await disturbAt(fleet, moment, create, () => worker.kill('SIGSTOP'));
      const instanceId = await fleet.instanceOf(superseded);
      let ending: string;
      let seen: number;
      try {
        ending = await carriedOutByAnother(() => fleet.remove(instanceId, { purge: true }));
        // The observer has cleared the short process away, which the frozen worker would miss.
        if (moment === 'checkConfiguration') await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
        seen = fleet.record.sightings.length;
      } finally {
        await worker.kill('SIGCONT');
      }
      const next = await provisioned(`after-${moment.toLowerCase()}`);
      await expect
        .poll(() => fleet.record.createdIn(home.tenantId, seen, { except: next }), { timeout: 60_000 })
        .toEqual([]);
      expect(await fleet.operation(superseded)).toMatchObject({ phase: 'Superseded', superseded_by: ending });
      expect(fleet.record.processesOf(instanceId)).toEqual([]);
      await purge(next);
    },
  );

  const waitingFor = async (operationId: string): Promise<string> => {
    const steps = await fleet.sql(
      `select error from operation_steps where operation_id = $1 and state = 'Waiting'`,
      operationId,
    );
    return JSON.stringify(steps);
  };
});
