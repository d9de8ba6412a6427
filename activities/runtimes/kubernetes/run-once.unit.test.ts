import { beforeEach, describe, expect, it } from 'vitest';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Errand, OneShot } from '../runtime.ts';
import { namespaceOf, oneShotNameOf } from './names.ts';
import { listOneShots, removeOneShot } from './one-shot-traces.ts';
import { runOnce } from './run-once.ts';
import { StoredObjects } from './testing/stored-objects.ts';
import { buildFence } from './testing/fence.ts';

const mebibyte = 1024 ** 2;

describe('a short process', () => {
  let store: StoredObjects;
  beforeEach(() => {
    store = new StoredObjects();
  });

  const job: OneShot = {
    tenantId: 'tenant',
    name: 'check',
    image: 'agent:1',
    package: null,
    command: ['true'],
    environment: {},
    files: { mountPath: '/in', files: { 'a.json': '{}' } },
    user: { uid: 1000, gid: 1000 },
    scratch: [],
    resources: { cpuMillis: 50, memoryBytes: 64 * mebibyte },
    timeoutMs: 1_000,
  };
  const name = oneShotNameOf(job);
  const signal = AbortSignal.timeout(30_000);
  const run = (right: Omit<Errand, 'imagePatienceMs'> = buildFence(1), imagePatienceMs = 10_000) => {
    const errand = { ...right, imagePatienceMs };
    return runOnce(job, { cluster: store.cluster, errand, dnsPolicy: 'Default', signal });
  };
  const ends = (write: string): void => {
    if (write === 'create Pod') setTimeout(() => is({ terminated: { exitCode: 0 } }), 50);
  };
  /** As the kubelet would say it. */
  const is = (state: object, status: object = {}): void => {
    const pod = store.get('Pod', name);
    if (!pod) return;
    const { containerStatuses: _, ...before } = (pod.status ?? {}) as { containerStatuses?: unknown };
    store.put('Pod', namespaceOf(job.tenantId), {
      ...pod,
      status: { ...before, ...status, containerStatuses: [{ name: 'agent', state }] },
    } as never);
  };

  it('leaves nothing when it has ended', async () => {
    store.onTheWay = ends;
    store.log = 'said';
    expect(await run()).toEqual({ exitCode: 0, output: 'said' });
    expect(await listOneShots(store.cluster, signal)).toEqual([]);
    expect(store.get('Pod', name)).toBeUndefined();
  });

  it('is not placed, nor placed again, nor removed by an operation that was superseded', async () => {
    let isSuperseded = true;
    const fence = buildFence(1, () => {
      if (isSuperseded) throw new Problem('operation.superseded');
    });
    await expect(run(fence)).rejects.toMatchObject({ code: 'operation.superseded' });
    expect(store.writes).toEqual([]);

    isSuperseded = false;
    // Superseded, and cleared away by others, while it looks.
    store.onTheWay = (write) => {
      if (write !== 'create Pod') return;
      isSuperseded = true;
      setTimeout(() => store.delete('Pod', namespaceOf(job.tenantId), name), 50);
    };
    await expect(run(fence)).rejects.toMatchObject({ code: 'operation.superseded' });
    expect(store.writes).toEqual(['create ConfigMap', 'create Pod']);
  });

  it('that was left behind says on whose behalf it ran, and can be removed, but not a later one of its name', async () => {
    let isHeld = true;
    const fence = buildFence(1, () => {
      if (!isHeld) throw new Problem('operation.superseded');
    });
    store.onTheWay = (write) => {
      if (write !== 'create Pod') return;
      isHeld = false;
      setTimeout(() => is({ terminated: { exitCode: 0 } }), 50);
    };
    await run(fence);
    const [left] = await listOneShots(store.cluster, signal);
    expect(left).toMatchObject({ tenantId: 'tenant', name, operationId: 'operation-1' });
    if (!left) return;
    const attempt = { cluster: store.cluster, fence: buildFence(9), signal };
    await removeOneShot({ ...left, uid: 'of another one' }, attempt);
    expect(await listOneShots(store.cluster, signal)).toHaveLength(1);
    await removeOneShot(left, attempt);
    expect(await listOneShots(store.cluster, signal)).toEqual([]);
  });

  describe('whose image is pulled', () => {
    const namespace = namespaceOf(job.tenantId);
    const says = (reason: string, atMs: number): void => {
      const involvedObject = { uid: store.get('Pod', name)?.metadata.uid };
      const lastTimestamp = new Date(atMs).toISOString();
      const event = { metadata: { name: `${reason}-${atMs}` }, reason, involvedObject, lastTimestamp };
      store.put('Event', namespace, event);
    };
    /** On a node, where nothing but the events tells what it does. */
    const pulls = (): void => {
      const pod = store.get('Pod', name);
      if (!pod) throw new Error('there is no pod');
      store.put('Pod', namespace, { ...pod, spec: { ...(pod.spec as object), nodeName: 'node' } } as never);
      is({ waiting: { reason: 'ContainerCreating' } }, { startTime: new Date().toISOString() });
      says('Pulling', Date.now());
    };
    const afterPod = (does: () => void) => (write: string) => {
      if (write === 'create Pod') setImmediate(does);
    };

    it('has its whole time when the pull has ended, however long that took', async () => {
      store.onTheWay = afterPod(() => {
        pulls();
        // Longer than the job may take.
        setTimeout(() => {
          says('Pulled', Date.now() + 1000);
          is({ running: {} });
          setTimeout(() => is({ terminated: { exitCode: 0 } }), job.timeoutMs / 2);
        }, job.timeoutMs * 1.5);
      });
      store.log = 'said';
      expect(await run()).toEqual({ exitCode: 0, output: 'said' });
    });

    it('and does not come in time is named, and nothing is left', async () => {
      store.onTheWay = afterPod(pulls);
      await expect(run(buildFence(1), 500)).rejects.toMatchObject({
        code: 'agent.image-unavailable',
        detail: 'agent:1 did not come in 1 s.',
      });
      expect(await listOneShots(store.cluster, signal)).toEqual([]);
    });

    it('is not to blame for a container that does not come for another reason', async () => {
      store.onTheWay = afterPod(() => {
        pulls();
        says('Pulled', Date.now());
      });
      await expect(run(buildFence(1), 500)).rejects.toMatchObject({ code: 'agent.not-ready' });
    });
  });

  it('that does not end is ended by its time', async () => {
    store.onTheWay = (write) => {
      if (write === 'create Pod') setTimeout(() => is({ running: {} }), 50);
    };
    await expect(run()).rejects.toMatchObject({
      code: 'agent.not-ready',
      detail: 'The run of agent:1 did not end in 1 s.',
    });
  });
});
