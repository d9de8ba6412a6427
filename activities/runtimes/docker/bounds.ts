import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';
import { containersWith, type Engine } from './engine.ts';
import { labels } from './names.ts';
import { newestOf, type Wanted } from './record.ts';
import { boundsOf } from './tenant-space.ts';

/**
 * An engine counts nothing, so that it is counted here, before a record is written: all instances and their storage, and
 * CPU and memory of those that are on. Two that are placed in the same moment may both fit: the platform's own count,
 * which comes before, is the one that is exact.
 * @throws Problem 'cluster.quota-exceeded'
 */
export async function refuseBeyondBounds(
  engine: Engine,
  ref: InstanceRef,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const bounds = await boundsOf(engine, ref.tenantId, signal);
  if (!bounds) return;
  const ofTenant = { [labels.role]: 'record', [labels.tenant]: ref.tenantId };
  const containers = await containersWith(engine, ofTenant, signal);
  const byInstance = Map.groupBy(containers, ({ Labels }) => Labels[labels.instance]);
  byInstance.delete(ref.instanceId);
  const others = [...byInstance.values()].flatMap((chain) => newestOf(chain)?.wanted ?? []);
  const all = [...others, wanted].filter(({ removed }) => !removed);
  const on = all.filter(({ power }) => power === 'on');
  const sum = (of: Wanted[], what: 'cpuMillis' | 'memoryBytes' | 'storageBytes') =>
    of.reduce((total, { template }) => total + template.resources[what], 0);
  const used = {
    instances: all.length,
    storageBytes: sum(all, 'storageBytes'),
    cpuMillis: sum(on, 'cpuMillis'),
    memoryBytes: sum(on, 'memoryBytes'),
  };
  for (const [what, limit] of Object.entries(bounds.quota)) {
    const needed = used[what as keyof typeof used];
    if (needed > limit) {
      throw new Problem('cluster.quota-exceeded', `exceeded quota: ${what} would be ${needed} of ${limit}`);
    }
  }
}
