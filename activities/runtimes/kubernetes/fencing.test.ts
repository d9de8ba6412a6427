import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fence, InstanceRef } from '../runtime.ts';
import {
  buildFrozenAttempt,
  fingerprintOf,
  joinCluster,
  objectsOf,
  withoutCluster,
  type TestCluster,
} from './testing/cluster.ts';
import { ensureInstance, type Placement } from './ensure.ts';
import { annotations, namespaceOf } from './names.ts';
import { buildFence } from './testing/fence.ts';
import { buildRef, buildWorkload } from './testing/workload.ts';

const placement: Placement = { dnsPolicy: 'Default', storageClassName: undefined, clusterRanges: ['10.244.0.0/16'] };
/** A first creation writes the anchor, five more, and frees the claim. */
const writesOfCreation = [1, 2, 3, 4, 5, 6, 7];
const second = buildWorkload({
  revision: 2,
  environment: { COLOUR: 'red' },
  secretEnvironment: { SECRET: 'second secret' },
  configuration: { mountPath: '/etc/agent', files: { 'agent.json': '{"revision":2}' }, hash: 'hash-2' },
  port: 8081,
});

describe.skipIf(withoutCluster)(`objects of an instance${withoutCluster}`, { timeout: 60_000 }, () => {
  let on: TestCluster;
  beforeAll(async () => {
    on = await joinCluster();
  });
  afterAll(() => on?.leave());

  const create = async (generation: number): Promise<InstanceRef> => {
    const ref = buildRef(on.tenantId);
    await on.runtime.ensureInstance(ref, buildWorkload(), buildFence(generation), on.signal);
    return ref;
  };

  const versionsOf = async (ref: InstanceRef) =>
    [...(await objectsOf(on.cluster, ref))].map(([kind, object]) => [
      kind,
      kind === 'StatefulSet' ? object.metadata.generation : object.metadata.resourceVersion,
    ]);

  it('stay as they are when the same is asked for again', async () => {
    const ref = await create(1);
    const before = await versionsOf(ref);
    expect(before).toHaveLength(6);
    await on.runtime.ensureInstance(ref, buildWorkload(), buildFence(1), on.signal);
    await on.runtime.putConfiguration(ref, buildWorkload(), buildFence(1), on.signal);
    await on.runtime.power(ref, 'off', buildFence(1), on.signal);
    expect(await versionsOf(ref)).toEqual(before);
  });

  it('lose what is not wanted any more', async () => {
    const ref = await create(1);
    const wide = buildWorkload({
      environment: { COLOUR: 'red', SHAPE: 'round' },
      secretEnvironment: { SECRET: 'a', SECOND: 'b' },
      configuration: { mountPath: '/etc/agent', files: { 'agent.json': '{}', 'more.json': '{}' }, hash: 'hash-2' },
      egress: [{ host: '10.1.2.3', port: 8000 }],
    });
    const narrow = await fingerprintOf(on.cluster, ref);
    await on.runtime.ensureInstance(ref, wide, buildFence(2), on.signal);
    await on.runtime.ensureInstance(ref, buildWorkload(), buildFence(1 + 2), on.signal);
    const objects = await fingerprintOf(on.cluster, ref);
    for (const kind of ['StatefulSet', 'ConfigMap', 'Secret', 'NetworkPolicy']) {
      expect(objects[kind]).toMatchObject(narrowed(narrow[kind]));
    }
  });

  it('are repaired when somebody else has changed them', async () => {
    const ref = await create(1);
    const before = await fingerprintOf(on.cluster, ref);
    const objects = await objectsOf(on.cluster, ref);
    const namespace = namespaceOf(on.tenantId);
    const set = structuredClone(objects.get('StatefulSet')) as never as {
      spec: { template: { spec: { containers: { image: string }[] } } };
    };
    set.spec.template.spec.containers[0]!.image = 'elsewhere/other:1';
    await on.cluster.replace('StatefulSet', namespace, set as never, on.signal);
    await on.cluster.replace(
      'ConfigMap',
      namespace,
      { ...objects.get('ConfigMap'), data: { intruder: '1' } } as never,
      on.signal,
    );
    await on.runtime.ensureInstance(ref, buildWorkload(), buildFence(1), on.signal);
    expect(await fingerprintOf(on.cluster, ref)).toEqual(before);
  });

  it('refuse an older generation in every way, and nothing is written', async () => {
    const ref = await create(5);
    const before = await fingerprintOf(on.cluster, ref);
    const older = buildFence(4);
    const { runtime, signal } = on;
    const attempts = {
      ensureInstance: () => runtime.ensureInstance(ref, second, older, signal),
      putConfiguration: () => runtime.putConfiguration(ref, second, older, signal),
      powerOn: () => runtime.power(ref, 'on', older, signal),
      powerOff: () => runtime.power(ref, 'off', older, signal),
      restart: () => runtime.restart(ref, 'token', older, signal),
      kill: () => runtime.kill(ref, older, signal),
      removeInstance: () => runtime.removeInstance(ref, older, signal),
      removeVolume: () => runtime.removeVolume(ref, older, signal),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      const code = await attempt().then(
        () => 'written',
        (error: Problem) => error.code,
      );
      expect({ [name]: code }).toEqual({ [name]: 'operation.superseded' });
    }
    expect(await fingerprintOf(on.cluster, ref)).toEqual(before);
  });

  it('carry the generation of every write, also of one that changes only power', async () => {
    const ref = await create(1);
    await on.runtime.power(ref, 'off', buildFence(2), on.signal);
    const generations = [...(await objectsOf(on.cluster, ref)).values()].map(
      (object) => object.metadata.annotations?.[annotations.generation],
    );
    expect(generations).toEqual(Array(6).fill('2'));
  });

  it('are those of the newer of two that write at once', async () => {
    const ref = await create(1);
    const outcomes = await Promise.allSettled([
      on.runtime.ensureInstance(ref, buildWorkload({ environment: { COLOUR: 'green' } }), buildFence(2), on.signal),
      on.runtime.ensureInstance(ref, second, buildFence(3), on.signal),
    ]);
    expect(outcomes[1]?.status).toBe('fulfilled');
    const expected = buildRef(on.tenantId);
    await on.runtime.ensureInstance(expected, second, buildFence(3), on.signal);
    const [raced, alone] = await Promise.all([fingerprintOf(on.cluster, ref), fingerprintOf(on.cluster, expected)]);
    const neutral = (value: unknown, of: InstanceRef): string =>
      JSON.stringify(value, (key, inner: unknown) =>
        ['uid', 'clusterIP', 'clusterIPs'].includes(key) ? undefined : inner,
      )
        .replaceAll(of.instanceId, 'ID')
        .replaceAll(of.projectId, 'PROJECT')
        .replaceAll(/"[^"]*(?:manifest|environment)-hash":"[^"]*"/g, '');
    expect(neutral(raced, ref)).toBe(neutral(alone, expected));
  });

  it.each([1, 2, 3, 4, 5])(
    'keep what a kill left, when an update frozen before its write %i goes on',
    async (write) => {
      const ref = await create(1);
      const { attempt, frozen, thaw } = buildFrozenAttempt(on.cluster, buildFence(2), write);
      const outcome = Promise.allSettled([ensureInstance(ref, second, attempt, placement)]);
      await frozen;
      await on.runtime.kill(ref, buildFence(3), on.signal);
      const before = await fingerprintOf(on.cluster, ref);
      thaw();
      expect((await outcome)[0]).toMatchObject({ reason: { code: 'operation.superseded' } });
      expect(await fingerprintOf(on.cluster, ref)).toEqual(before);
    },
  );

  it.each(writesOfCreation)(
    'are gone for good after a purge, also when a creation frozen before its write %i goes on',
    async (write) => {
      const ref = buildRef(on.tenantId);
      let superseded = false;
      const fence: Fence = buildFence(1, () => {
        if (superseded) throw new Problem('operation.superseded');
      });
      const { attempt, frozen, thaw } = buildFrozenAttempt(on.cluster, fence, write);
      const outcome = Promise.allSettled([ensureInstance(ref, buildWorkload(), attempt, placement)]);
      await frozen;
      await on.runtime.removeInstance(ref, buildFence(2), on.signal);
      await on.runtime.removeVolume(ref, buildFence(3), on.signal);
      superseded = true;
      thaw();
      expect((await outcome)[0]).toMatchObject({
        status: 'rejected',
        reason: { name: expect.stringMatching(/Problem|StatusError/) },
      });
      await expect.poll(() => objectsOf(on.cluster, ref), { timeout: 30_000 }).toEqual(new Map());
    },
  );

  it('are not created again by an attempt that comes after the removal', async () => {
    const ref = await create(1);
    await on.runtime.removeInstance(ref, buildFence(2), on.signal);
    const late = on.runtime.ensureInstance(ref, second, buildFence(1), on.signal);
    await expect(late).rejects.toMatchObject({ code: 'operation.superseded' });
    await expect
      .poll(async () => [...(await objectsOf(on.cluster, ref)).keys()], { timeout: 30_000 })
      .toEqual(['PersistentVolumeClaim']);
  });

  it('can be removed and killed again when there are none', async () => {
    const ref = buildRef(on.tenantId);
    await on.runtime.kill(ref, buildFence(1), on.signal);
    await on.runtime.power(ref, 'off', buildFence(1), on.signal);
    await on.runtime.removeInstance(ref, buildFence(1), on.signal);
    await on.runtime.removeVolume(ref, buildFence(1), on.signal);
    await expect(on.runtime.power(ref, 'on', buildFence(1), on.signal)).rejects.toMatchObject({
      code: 'instance.state-conflict',
    });
  });

  it('are named by id whatever people call the instance', async () => {
    const ref = buildRef(on.tenantId, '../../kube-system/ Zoë "; DROP TABLE 😀\n');
    await on.runtime.ensureInstance(ref, buildWorkload(), buildFence(1), on.signal);
    const { metadata } = (await objectsOf(on.cluster, ref)).get('StatefulSet') ?? {};
    expect(metadata).toMatchObject({
      name: `i-${ref.instanceId}`,
      annotations: { [annotations.displayName]: ref.name },
    });
    const foreign = { ...ref, tenantId: '../kube-system' };
    await expect(on.runtime.observe(foreign, on.signal)).rejects.toMatchObject({ code: 'cluster.refused' });
  });

  it('are not touched when the configuration asks for a forbidden address', async () => {
    const ref = buildRef(on.tenantId);
    const spec = buildWorkload({ egress: [{ host: '169.254.169.254', port: 80 }] });
    const refused = on.runtime.ensureInstance(ref, spec, buildFence(1), on.signal);
    await expect(refused).rejects.toMatchObject({ code: 'cluster.refused' });
    expect(await objectsOf(on.cluster, ref)).toEqual(new Map());
  });
});

/** Generations have moved on in between; everything else has to be as it was. */
function narrowed(fingerprint: unknown): object {
  const { annotations: _, ...rest } = fingerprint as { annotations: unknown };
  return rest;
}
