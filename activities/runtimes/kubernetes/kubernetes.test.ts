import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Errand, InstanceRef, ObservedInstance, OneShot } from '../runtime.ts';
import { joinCluster, type TestCluster } from './testing/cluster.ts';
import { namespaceOf } from './names.ts';
import { buildFence } from './testing/fence.ts';
import { buildRunnable, withoutNode } from './testing/node.ts';
import { buildRef } from './testing/workload.ts';

const mebibyte = 1024 ** 2;
const patience = { timeout: 40_000, interval: 200 };

describe.skipIf(withoutNode)(`an instance on a real node${withoutNode}`, { timeout: 60_000 }, () => {
  let on: TestCluster;
  beforeAll(async () => {
    on = await joinCluster();
  });
  afterAll(() => on?.leave());

  const observe = (ref: InstanceRef): Promise<ObservedInstance> => on.runtime.observe(ref, on.signal);
  const becomes = (ref: InstanceRef, wanted: Partial<ObservedInstance>) =>
    vi.waitFor(async () => expect(await observe(ref)).toMatchObject(wanted), patience);

  describe.concurrent('that works', () => {
    const ref = buildRef('', 'lives');
    const call = (path: string, timeoutMs = 5000) =>
      on.runtime.reach(
        ref,
        8080,
        { method: 'POST', path, headers: { authorization: 'Bearer t' }, body: 'hello', timeoutMs },
        on.signal,
      );

    it('starts, answers, restarts, grows, is killed and leaves its volume', async () => {
      ref.tenantId = on.tenantId;
      const { runtime, signal } = on;
      await runtime.ensureInstance(ref, buildRunnable(), buildFence(1), signal);
      await expect(call('/')).rejects.toMatchObject({ code: 'agent.unreachable' });
      await runtime.power(ref, 'on', buildFence(1), signal);
      await becomes(ref, {
        ready: true,
        current: true,
        power: 'on',
        revision: 1,
        configurationHash: 'hash-1',
        restarts: 0,
      });
      const first = await observe(ref);

      const answer = await call('/chat?turn=1');
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({
        method: 'POST',
        url: '/chat?turn=1',
        body: 'hello',
        authorization: 'Bearer t',
        secret: 'first secret',
        file: '{"revision":1}',
      });
      const elsewhere = runtime.reach(ref, 9, { method: 'GET', path: '/', timeoutMs: 5000 }, signal);
      await expect(elsewhere).rejects.toMatchObject({
        code: 'agent.unreachable',
        detail: expect.not.stringContaining('/run/'),
      });
      expect(await runtime.tailLogs(ref, 10, signal)).toEqual(['listening']);

      const configuration = { mountPath: '/etc/agent', files: { 'agent.json': '{"revision":2}' }, hash: 'hash-2' };
      await runtime.putConfiguration(ref, buildRunnable({ revision: 2, configuration }), buildFence(2), signal);
      expect(await observe(ref)).toMatchObject({
        ready: true,
        current: true,
        revision: 2,
        configurationHash: 'hash-2',
        processId: first.processId,
      });

      await runtime.restart(ref, 'token-1', buildFence(3), signal);
      await runtime.restart(ref, 'token-1', buildFence(3), signal);
      expect((await observe(ref)).current).toBe(false);
      await becomes(ref, { ready: true, current: true });
      const restarted = await observe(ref);
      expect(restarted.processId).not.toBe(first.processId);
      await runtime.restart(ref, 'token-1', buildFence(3), signal);
      await runtime.ensureInstance(ref, buildRunnable({ revision: 2, configuration }), buildFence(3), signal);
      expect(await observe(ref)).toMatchObject({ current: true, processId: restarted.processId });
      expect(JSON.parse((await call('/')).body)).toMatchObject({ file: '{"revision":2}' });

      const resources = { cpuMillis: 50, memoryBytes: 256 * mebibyte, storageBytes: 128 * mebibyte };
      await runtime.ensureInstance(
        ref,
        buildRunnable({ revision: 2, configuration, resources }),
        buildFence(4),
        signal,
      );
      await runtime.ensureInstance(ref, buildRunnable({ revision: 2, configuration }), buildFence(4), signal);
      const claim = await on.cluster.get(
        'PersistentVolumeClaim',
        namespaceOf(on.tenantId),
        `i-${ref.instanceId}`,
        signal,
      );
      expect(claim?.spec?.resources?.requests?.['storage']).toBe('128Mi');
      expect((await observe(ref)).processId).toBe(restarted.processId);

      const killedAt = Date.now();
      await runtime.kill(ref, buildFence(5), signal);
      await becomes(ref, { power: 'off', processPresent: false });
      expect(Date.now() - killedAt).toBeLessThan(10_000);
      await expect(runtime.power(ref, 'on', buildFence(4), signal)).rejects.toMatchObject({
        code: 'operation.superseded',
      });

      await runtime.removeInstance(ref, buildFence(6), signal);
      await becomes(ref, { exists: false, processPresent: false, volumePresent: true, generation: 6 });
      await runtime.removeVolume(ref, buildFence(7), signal);
      await becomes(ref, { exists: false, volumePresent: false, generation: 0 });
    });
  });

  describe.concurrent('that fails', () => {
    const start = async (ref: InstanceRef, change: Parameters<typeof buildRunnable>[0]) => {
      await on.runtime.ensureInstance(ref, buildRunnable(change), buildFence(1), on.signal);
      await on.runtime.power(ref, 'on', buildFence(1), on.signal);
    };

    it('tells its exit code and its last words', async () => {
      const ref = buildRef(on.tenantId, 'exits');
      await start(ref, { command: ['node', '-e', 'console.error("refused: no model"); process.exit(78)'] });
      await becomes(ref, { ready: false, exitCode: 78 });
      const lastWords = () => on.runtime.tailLogs(ref, 5, on.signal);
      await vi.waitFor(async () => expect(await lastWords()).toContain('refused: no model'), patience);
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

  describe.concurrent('whose image runs once', () => {
    const errand: Errand = { ...buildFence(1), imagePatienceMs: 5_000 };
    const buildJob = (change: Partial<OneShot> = {}): OneShot => ({
      tenantId: on.tenantId,
      name: 'validate /../ Configuration',
      image: buildRunnable().image,
      package: null,
      command: ['node', '-e', 'console.log(require("fs").readFileSync("/in/a.json", "utf8")); process.exit(3)'],
      environment: { COLOUR: 'blue' },
      files: { mountPath: '/in', files: { 'a.json': '{"a":1}' } },
      user: { uid: 1000, gid: 1000 },
      scratch: [{ mountPath: '/tmp', sizeBytes: mebibyte }],
      resources: { cpuMillis: 50, memoryBytes: 128 * mebibyte },
      timeoutMs: 40_000,
      ...change,
    });
    const leftOvers = async () => {
      const query = { labelSelector: 'open-cluster-claw.io/one-shot' };
      const lists = await Promise.all([
        on.cluster.list('Pod', namespaceOf(on.tenantId), query, on.signal),
        on.cluster.list('ConfigMap', namespaceOf(on.tenantId), query, on.signal),
      ]);
      return lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
    };

    it('gives exit code and output, the same to two that ask at once, and leaves nothing', async () => {
      const jobs = [buildJob(), buildJob(), buildJob({ environment: { COLOUR: 'red' } })];
      const results = await Promise.all(jobs.map((job) => on.runtime.runOnce(job, errand, on.signal)));
      expect(results).toEqual(jobs.map(() => ({ exitCode: 3, output: '{"a":1}' })));
    });

    it('says when the image cannot be had', async () => {
      const job = buildJob({ image: 'registry.invalid/none:1', timeoutMs: 5000 });
      await expect(on.runtime.runOnce(job, errand, on.signal)).rejects.toMatchObject({
        code: 'agent.image-unavailable',
      });
      const invalid = buildJob({ image: 'UPPER/Case:1' });
      await expect(on.runtime.runOnce(invalid, errand, on.signal)).rejects.toMatchObject({
        code: 'agent.image-unavailable',
      });
    });

    it('ends by its time, and when nobody wants it any more', async () => {
      const endless = ['node', '-e', 'setInterval(() => {}, 1000)'];
      const late = on.runtime.runOnce(buildJob({ command: endless, timeoutMs: 4000 }), errand, on.signal);
      await expect(late).rejects.toMatchObject({ code: 'agent.not-ready' });
      const unwanted = AbortSignal.timeout(1500);
      const cancelled = on.runtime.runOnce(buildJob({ command: endless }), errand, unwanted);
      await expect(cancelled).rejects.toMatchObject({ name: 'TimeoutError' });
      await vi.waitFor(async () => expect(await leftOvers()).toEqual([]), patience);
    });
  });
});
