import { randomUUID } from 'node:crypto';
import Docker from 'dockerode';
import { expect, vi } from 'vitest';

import { buildFence } from '../../kubernetes/testing/fence.ts';
import { buildSpace } from '../../kubernetes/testing/space.ts';
import { buildRef, buildWorkload } from '../../kubernetes/testing/workload.ts';
import type { InstanceRef, ObservedInstance, WorkloadSpec } from '../../runtime.ts';
import { dockerRuntime, type DockerRuntime } from '../index.ts';
import { labels } from '../names.ts';

const socketPath = process.env['TEST_DOCKER_SOCKET'];
const image = process.env['TEST_ENGINE_IMAGE'];

/** Why suites that need an engine are skipped; said in their titles. */
export const withoutEngine = socketPath ? '' : ' (skipped: TEST_DOCKER_SOCKET names no engine)';

export const patience = { timeout: 60_000, interval: 200 };
export const never = new AbortController().signal;

export const buildRunnable = (change: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  buildWorkload({ image: image ?? '', ...change });

/** A tenant of its own on an engine. */
export async function joinEngine(path = socketPath ?? '') {
  const docker = new Docker({ socketPath: path });
  const open = (): DockerRuntime => dockerRuntime({ clusterId: 'cluster', engine: 'docker', socketPath: path });
  const runtime = open();
  const tenantId = randomUUID();
  await runtime.ensureTenantSpace(buildSpace(tenantId), buildFence(1), never);
  const becomes = (ref: InstanceRef, wanted: Partial<ObservedInstance>): Promise<void> =>
    vi.waitFor(async () => expect(await runtime.observe(ref, never)).toMatchObject(wanted), patience);
  return {
    docker,
    runtime,
    tenantId,
    open,
    becomes,
    start: async (change: Partial<WorkloadSpec> = {}): Promise<InstanceRef> => {
      const ref = buildRef(tenantId);
      await runtime.ensureInstance(ref, buildRunnable(change), buildFence(1), never);
      await runtime.power(ref, 'on', buildFence(1), never);
      await becomes(ref, { ready: true, current: true });
      return ref;
    },
    processesOf: (ref: InstanceRef) =>
      docker.listContainers({
        all: true,
        filters: { label: [`${labels.instance}=${ref.instanceId}`, `${labels.role}=process`] },
      }),
    leave: async (): Promise<void> => {
      const filters = { label: [`${labels.tenant}=${tenantId}`] };
      for (const { Id } of await docker.listContainers({ all: true, filters })) {
        await docker.getContainer(Id).remove({ force: true, v: true });
      }
      await runtime.removeTenantSpace(tenantId, buildFence(1_000), never);
      await runtime.close();
    },
  };
}
