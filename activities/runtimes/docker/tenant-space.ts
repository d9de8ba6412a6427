import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { TenantSpace } from '../runtime.ts';
import {
  containersWith,
  ensureVolume,
  removeContainer,
  removeVolume,
  soon,
  type Attempt,
  type Engine,
} from './engine.ts';
import { isMissing, isStatus } from './faults.ts';
import { carries, labels, tenantLabels, tenantNameOf, withLabels, type Role } from './names.ts';
import { beginEnd } from './ending.ts';

const pollMs = 200;

export type Bounds = Pick<TenantSpace, 'generation' | 'quota'>;

/** A network, and the bounds as labels of an empty volume: the newest count. */
export async function ensureTenantSpace(space: TenantSpace, attempt: Attempt): Promise<void> {
  const { engine, fence, signal } = attempt;
  const { tenantId, generation, quota } = space;
  const name = tenantNameOf(tenantId);
  if ((await networksOf(engine, tenantId, signal)).length === 0) {
    fence.assertValid();
    await createNetwork(engine, tenantId, name, signal);
  }
  await removeTwins(tenantId, attempt);
  const present = await boundsOf(engine, tenantId, signal);
  if (!present || present.generation < generation) {
    const own = tenantLabels(engine.clusterId, 'bounds', tenantId);
    const bounds = JSON.stringify({ generation, quota } satisfies Bounds);
    fence.assertValid();
    await ensureVolume(engine, `${name}-bounds-${generation}`, { ...own, [labels.bounds]: bounds }, signal);
  }
  for (const { Name, Labels } of await boundsVolumes(engine, tenantId, signal)) {
    if (generationIn(Labels) < Math.max(generation, present?.generation ?? 0)) await removeVolume(engine, Name, signal);
  }
}

async function createNetwork(engine: Engine, tenantId: string, name: string, signal: AbortSignal): Promise<void> {
  try {
    await engine.docker.createNetwork({
      Name: name,
      // Without it the engine makes a second network of the same name.
      CheckDuplicate: true,
      Driver: 'bridge',
      Labels: tenantLabels(engine.clusterId, 'network', tenantId),
      // No agent reaches another one, not even of its own tenant.
      ...(engine.kind === 'docker' && { Options: { 'com.docker.network.bridge.enable_icc': 'false' } }),
      ...soon(signal),
    });
  } catch (error) {
    // Another attempt was faster, or it is somebody else's.
    if (!isStatus(error, 409, 500) || (await networksOf(engine, tenantId, signal)).length === 0) throw error;
  }
}

/**
 * Two that create at once may both succeed. The older one stays. Docker asks by name when it starts a container, also
 * where it was told the id, and refuses while there are two.
 */
export async function removeTwins(tenantId: string, { engine, fence, signal }: Attempt): Promise<void> {
  const [, ...twins] = await networksOf(engine, tenantId, signal);
  for (const { Id } of twins) {
    fence.assertValid();
    try {
      await engine.docker.getNetwork(Id).remove(soon(signal));
    } catch (error) {
      if (!isStatus(error, 403, 404, 409, 500)) throw error;
    }
  }
}

/** The oldest first; by id where two are of the same moment, so that everybody chooses the same. */
async function networksOf(engine: Engine, tenantId: string, signal: AbortSignal): Promise<Docker.NetworkInspectInfo[]> {
  const networks = await networksWith(engine, { [labels.tenant]: tenantId, [labels.role]: 'network' }, signal);
  const ageOf = ({ Created, Id }: Docker.NetworkInspectInfo): string => `${Created} ${Id}`;
  return networks.toSorted((one, other) => (ageOf(one) < ageOf(other) ? -1 : 1));
}

/** By id, because a name may be ambiguous. @throws Problem 'cluster.refused' where the tenant has no space */
export async function networkOf(engine: Engine, tenantId: string, signal: AbortSignal): Promise<string> {
  const [network] = await networksOf(engine, tenantId, signal);
  if (!network) throw new Problem('cluster.refused', 'The tenant has no space on this engine. Sync it first.');
  return network.Id;
}

const generationIn = (found: Record<string, string> | null): number =>
  (JSON.parse(found?.[labels.bounds] ?? '{"generation":0}') as Bounds).generation;

async function boundsVolumes(
  engine: Engine,
  tenantId: string,
  signal: AbortSignal,
): Promise<Docker.VolumeInspectInfo[]> {
  return volumesWith(engine, { [labels.tenant]: tenantId, [labels.role]: 'bounds' }, signal);
}

export async function volumesWith(
  { docker }: Engine,
  wanted: Record<string, string>,
  signal: AbortSignal,
): Promise<Docker.VolumeInspectInfo[]> {
  const { Volumes } = await docker.listVolumes({ filters: withLabels(wanted), ...soon(signal) } as {});
  return (Volumes ?? []).filter(({ Labels }) => carries(Labels, wanted));
}

async function networksWith(
  { docker }: Engine,
  wanted: Record<string, string>,
  signal: AbortSignal,
): Promise<Docker.NetworkInspectInfo[]> {
  const networks = await docker.listNetworks({ filters: withLabels(wanted), ...soon(signal) } as {});
  return networks.filter(({ Labels }) => carries(Labels, wanted));
}

export async function boundsOf(engine: Engine, tenantId: string, signal: AbortSignal): Promise<Bounds | undefined> {
  const volumes = await boundsVolumes(engine, tenantId, signal);
  const [newest] = volumes.toSorted((one, other) => generationIn(other.Labels) - generationIn(one.Labels));
  return newest && (JSON.parse(newest.Labels[labels.bounds] ?? '') as Bounds);
}

/** The tenants that have a space here, of this platform or another one. */
export async function listTenantSpaces(engine: Engine, signal: AbortSignal): Promise<string[]> {
  const networks = await networksWith(engine, { [labels.role]: 'network' }, signal);
  return [...new Set(networks.flatMap(({ Labels }) => Labels?.[labels.tenant] ?? []))];
}

/** Ends when nothing is left of it, volumes included; bounded by the attempt's signal alone. */
export async function removeTenantSpace(tenantId: string, attempt: Attempt): Promise<void> {
  const { engine, signal } = attempt;
  tenantNameOf(tenantId);
  const own = { [labels.tenant]: tenantId };
  for (;;) {
    const containers = await containersWith(engine, own, signal);
    await Promise.all(containers.map(({ Id }) => removeGently(Id, attempt)));
    const volumes = await volumesWith(engine, own, signal);
    for (const { Name } of volumes) await removeVolume(engine, Name, signal);
    const networks = await networksOf(engine, tenantId, signal);
    if (containers.length === 0) {
      for (const { Id } of networks) {
        await engine.docker
          .getNetwork(Id)
          .remove(soon(signal))
          .catch((error: unknown) => {
            if (!isStatus(error, 403, 404, 409, 500)) throw error;
          });
      }
    }
    if (containers.length + volumes.length + networks.length === 0) return;
    await sleep(pollMs, undefined, { signal });
  }
}

async function removeGently(id: string, attempt: Attempt): Promise<void> {
  const { engine, fence, signal } = attempt;
  fence.assertValid();
  try {
    const found = await engine.docker.getContainer(id).inspect(soon(signal));
    const isAgent = found.Config.Labels[labels.role] === ('process' satisfies Role);
    if (isAgent) await beginEnd(found, undefined, attempt);
    await removeContainer(engine, id, { force: !isAgent }, signal);
  } catch (error) {
    if (!isMissing(error) && !isStatus(error, 409)) throw error;
  }
}
