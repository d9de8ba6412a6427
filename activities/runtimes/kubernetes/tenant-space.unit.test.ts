import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { TenantSpace } from '../runtime.ts';
import type { Attempt } from './fenced.ts';
import { namespaceOf } from './names.ts';
import { ensureTenantSpace, removeTenantSpace } from './tenant-space.ts';
import { buildSpace } from './testing/space.ts';
import { StoredObjects } from './testing/stored-objects.ts';
import { buildFence } from './testing/fence.ts';

describe('the space of a tenant, wanted by several', () => {
  let store: StoredObjects;
  let tenantId: string;
  beforeEach(() => {
    store = new StoredObjects();
    tenantId = randomUUID();
    // Its controller counts at once.
    store.onTheWay = count;
  });

  const count = (): void => {
    for (const name of ['objects', 'instances', 'one-shots']) {
      const quota = store.get('ResourceQuota', name) as { spec: { hard: object }; status?: object } | undefined;
      if (quota) quota.status = { hard: quota.spec.hard };
    }
  };
  const attempt = (assertValid?: () => void): Attempt => ({
    cluster: store.cluster,
    fence: buildFence(1, assertValid),
    signal: AbortSignal.timeout(10_000),
  });
  const boundsOf = (generation: number, cpuMillis: number): TenantSpace => ({
    ...buildSpace(tenantId, { cpuMillis }),
    generation,
  });
  const ensure = (space: TenantSpace, by = attempt()): Promise<void> => {
    const counting = setInterval(count, 5);
    return ensureTenantSpace(space, [], by).finally(() => clearInterval(counting));
  };
  const cpu = (): unknown =>
    (store.get('ResourceQuota', 'instances')?.spec as { hard?: Record<string, string> } | undefined)?.hard?.[
      'requests.cpu'
    ];
  const superseded = (): never => {
    throw new Problem('operation.superseded');
  };

  it('costs no write when all is as it should be', async () => {
    await ensure(boundsOf(1, 1000));
    const written = store.writes.length;
    await ensure(boundsOf(1, 1000));
    expect(store.writes).toHaveLength(written);
  });

  it('keeps the bounds of a newer quota than the one that an operation has read', async () => {
    await ensure(boundsOf(2, 2000));
    await ensure(boundsOf(1, 1000));
    expect(cpu()).toBe('2');
    await ensure(boundsOf(3, 500));
    expect(cpu()).toBe('500m');
  });

  it('keeps them also from a write that was on its way, to an object that was there or was not', async () => {
    for (const first of [[], [boundsOf(1, 1000)]]) {
      for (const space of first) await ensure(space);
      let overtaken = false;
      store.onTheWay = async (write) => {
        count();
        if (overtaken || !write.endsWith('ResourceQuota')) return;
        overtaken = true;
        await ensure(boundsOf(5, 4000));
      };
      await ensure(boundsOf(2, 3000));
      expect(cpu()).toBe('4');
      store = new StoredObjects();
    }
  });

  it('is not written, nor removed, by an operation that was superseded', async () => {
    await expect(ensure(boundsOf(1, 1000), attempt(superseded))).rejects.toMatchObject({
      code: 'operation.superseded',
    });
    expect(store.writes).toEqual([]);
    await ensure(boundsOf(1, 1000));
    const written = store.writes.length;
    await expect(ensure(boundsOf(1, 2000), attempt(superseded))).rejects.toMatchObject({
      code: 'operation.superseded',
    });
    await expect(removeTenantSpace(tenantId, attempt(superseded))).rejects.toMatchObject({
      code: 'operation.superseded',
    });
    expect(store.writes).toHaveLength(written);
    expect(store.get('Namespace', namespaceOf(tenantId))).toBeDefined();
  });
});
