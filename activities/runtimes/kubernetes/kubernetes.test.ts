import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { InstanceRef, ObservedInstance } from '../runtime.ts';
import { joinCluster, type TestCluster } from './testing/cluster.ts';
import { namespaceOf } from './names.ts';
import { buildFence } from './testing/fence.ts';
import { buildRunnable, withoutNode } from './testing/node.ts';
import { buildRef } from './testing/workload.ts';

const mebibyte = 1024 ** 2;
const patience = { timeout: 40_000, interval: 200 };

/** What is Kubernetes' own; what it is held to as every driver is in `test/conformance/runtimes/`. */
describe.skipIf(withoutNode)(`an instance on a real node${withoutNode}`, { timeout: 60_000, concurrent: true }, () => {
  let on: TestCluster;
  beforeAll(async () => {
    on = await joinCluster();
  });
  afterAll(() => on?.leave());

  const observe = (ref: InstanceRef): Promise<ObservedInstance> => on.runtime.observe(ref, on.signal);
  const becomes = (ref: InstanceRef, wanted: Partial<ObservedInstance>) =>
    vi.waitFor(async () => expect(await observe(ref)).toMatchObject(wanted), patience);
  const start = async (ref: InstanceRef, change: Parameters<typeof buildRunnable>[0]) => {
    await on.runtime.ensureInstance(ref, buildRunnable(change), buildFence(1), on.signal);
    await on.runtime.power(ref, 'on', buildFence(1), on.signal);
  };

  it('says that nothing listens on a port, in no words of the node’s', async () => {
    const ref = buildRef(on.tenantId, 'lives');
    await start(ref, {});
    await becomes(ref, { ready: true });
    const elsewhere = on.runtime.reach(ref, 9, { method: 'GET', path: '/', timeoutMs: 5000 }, on.signal);
    await expect(elsewhere).rejects.toMatchObject({
      code: 'agent.unreachable',
      detail: expect.not.stringContaining('/run/'),
    });
  });

  it('has a claim that grows under its process, and never shrinks', async () => {
    const ref = buildRef(on.tenantId, 'grows');
    await start(ref, {});
    await becomes(ref, { ready: true });
    const { processId } = await observe(ref);
    const resources = { cpuMillis: 50, memoryBytes: 256 * mebibyte, storageBytes: 128 * mebibyte };
    await on.runtime.ensureInstance(ref, buildRunnable({ resources }), buildFence(2), on.signal);
    await on.runtime.ensureInstance(ref, buildRunnable(), buildFence(2), on.signal);
    const { namespace, name } = { namespace: namespaceOf(on.tenantId), name: `i-${ref.instanceId}` };
    const claim = await on.cluster.get('PersistentVolumeClaim', namespace, name, on.signal);
    expect(claim?.spec?.resources?.requests?.['storage']).toBe('128Mi');
    expect((await observe(ref)).processId).toBe(processId);
  });

  it('tells that its image cannot be had', async () => {
    const ref = buildRef(on.tenantId, 'no image');
    await start(ref, { image: 'registry.invalid/none:1' });
    await becomes(ref, { ready: false, reason: expect.stringMatching(/ErrImagePull|ImagePullBackOff/) });
  });

  it('tells that the quota leaves no room for its process', async () => {
    const ref = buildRef(on.tenantId, 'too large');
    const resources = { cpuMillis: 50_000, memoryBytes: 256 * mebibyte, storageBytes: 64 * mebibyte };
    await start(ref, { resources });
    await becomes(ref, {
      processPresent: false,
      reason: 'FailedCreate',
      message: expect.stringContaining('exceeded quota'),
    });
  });
});
