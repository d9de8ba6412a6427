import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildSpace } from './testing/space.ts';
import { clusterRanges, joinCluster, withoutCluster, type TestCluster } from './testing/cluster.ts';
import { connectCluster } from './connect.ts';
import type { Attempt } from './fenced.ts';
import { namespaceOf } from './names.ts';
import { ensureTenantSpace } from './tenant-space.ts';
import { buildFence } from './testing/fence.ts';
import { buildRef, buildWorkload } from './testing/workload.ts';

describe.skipIf(withoutCluster)(`the space of a tenant${withoutCluster}`, () => {
  let on: TestCluster;
  beforeAll(async () => {
    on = await joinCluster();
  });
  afterAll(() => on?.leave());

  const attempt = (): Attempt => ({ cluster: on.cluster, fence: buildFence(1), signal: on.signal });
  const quotaOf = async (name: string) => on.cluster.get('ResourceQuota', namespaceOf(on.tenantId), name, on.signal);

  it('has the restricted profile, bounds and network openings', async () => {
    const namespace = await on.cluster.get('Namespace', undefined, namespaceOf(on.tenantId), on.signal);
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const policies = await on.cluster.list('NetworkPolicy', namespaceOf(on.tenantId), {}, on.signal);
    expect(policies.items.map((policy) => policy.metadata.name).toSorted()).toEqual([
      'allow-names',
      'allow-public-https',
      'deny-all',
    ]);
    expect((await quotaOf('instances'))?.status?.hard).toEqual({ 'requests.cpu': '4', 'limits.memory': '8Gi' });
  });

  it('costs four reads and no write when all is as it should be', async () => {
    const calls: string[] = [];
    const counted = new Proxy(on.cluster, {
      get: (target, property, receiver) => {
        calls.push(String(property));
        return Reflect.get(target, property, receiver);
      },
    });
    await ensureTenantSpace(buildSpace(on.tenantId), clusterRanges, { ...attempt(), cluster: counted });
    expect(calls.toSorted()).toEqual(['get', 'list', 'list', 'list']);
  });

  it('takes another quota on, and what was changed from outside back', async () => {
    await on.cluster.remove(
      'NetworkPolicy',
      namespaceOf(on.tenantId),
      'deny-all',
      await uidOf(on, 'deny-all'),
      on.signal,
    );
    await on.runtime.ensureTenantSpace(buildSpace(on.tenantId, { cpuMillis: 5500 }), buildFence(1), on.signal);
    expect((await quotaOf('instances'))?.spec?.hard).toMatchObject({ 'requests.cpu': '5500m' });
    expect((await uidOf(on, 'deny-all')).uid).not.toBe('');
  });

  it('refuses what is over its quota, with the cluster’s own words', async () => {
    await on.runtime.ensureTenantSpace(buildSpace(on.tenantId, { instances: 0 }), buildFence(1), on.signal);
    const refused = on.runtime.ensureInstance(buildRef(on.tenantId), buildWorkload(), buildFence(1), on.signal);
    await expect(refused).rejects.toMatchObject({
      code: 'cluster.quota-exceeded',
      detail: expect.stringContaining('count/statefulsets.apps=1'),
    });
  });

  it('can be asked for by several at once, and is gone when its removal has ended', async () => {
    const tenantId = randomUUID();
    const { runtime, cluster, signal } = on;
    await Promise.all(
      Array.from({ length: 6 }, () => runtime.ensureTenantSpace(buildSpace(tenantId), buildFence(1), signal)),
    );
    await runtime.ensureInstance(buildRef(tenantId), buildWorkload(), buildFence(1), signal);
    await runtime.removeTenantSpace(tenantId, buildFence(1), signal);
    expect(await cluster.get('Namespace', undefined, namespaceOf(tenantId), signal)).toBeUndefined();
    await runtime.removeTenantSpace(tenantId, buildFence(1), signal);
  });

  it('is never one that is not the platform’s', async () => {
    const foreign = new Proxy(on.cluster, {
      get: (target, property, receiver) =>
        property === 'get'
          ? async () => ({ metadata: { name: 'x', uid: 'y', labels: {} } })
          : Reflect.get(target, property, receiver),
    });
    await expect(
      ensureTenantSpace(buildSpace(on.tenantId), [], { ...attempt(), cluster: foreign }),
    ).rejects.toMatchObject({
      code: 'cluster.refused',
    });
  });

  it('cannot be had from a cluster that is down', async () => {
    const { access } = on.cluster;
    const down = connectCluster({ ...access, server: 'https://127.0.0.1:1' }, 2000);
    await expect(ensureTenantSpace(buildSpace(on.tenantId), [], { ...attempt(), cluster: down })).rejects.toMatchObject(
      {
        code: 'ECONNREFUSED',
      },
    );
    await down.close();
  });
});

async function uidOf(on: TestCluster, policy: string): Promise<{ uid: string }> {
  const stored = await on.cluster.get('NetworkPolicy', namespaceOf(on.tenantId), policy, on.signal);
  return { uid: stored?.metadata.uid ?? '' };
}
