import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { dockerRuntime, type DockerOptions, type DockerRuntime } from '../../../activities/runtimes/docker/index.ts';
import { labels } from '../../../activities/runtimes/docker/names.ts';
import type { RuntimeHarness, Site } from './harness.ts';
import { openSeverableSocket } from './severable-socket.ts';

const image = process.env['TEST_ENGINE_IMAGE'];

/** Of an engine that speaks Docker's API, looked at by a client of its own. */
export function engineHarness(engine: DockerOptions['engine'], variable: string): RuntimeHarness {
  const socketPath = process.env[variable];
  return {
    skip: socketPath ? null : `${variable} names no engine`,
    start: async () => startOn(engine, socketPath ?? ''),
  };
}

function startOn(engine: DockerOptions['engine'], socketPath: string): Site {
  const tenantId = randomUUID();
  const docker = new Docker({ socketPath });
  const runtimes: DockerRuntime[] = [];
  const closings: (() => Promise<void>)[] = [];
  const open = (path = socketPath): DockerRuntime => {
    const runtime = dockerRuntime({ clusterId: 'cluster-of-the-suite', engine, socketPath: path });
    runtimes.push(runtime);
    return runtime;
  };
  const ofTenant = { label: [`${labels.tenant}=${tenantId}`] };
  const containers = () => docker.listContainers({ all: true, filters: ofTenant });
  const runtime = open();
  return {
    runtime,
    tenantId,
    runs: { image: image ?? '', package: null },
    successor: async () => open(),
    severable: async () => {
      const near = join(tmpdir(), `occ-${randomUUID().slice(0, 8)}.sock`);
      const way = await openSeverableSocket(near, socketPath);
      closings.push(async () => {
        await way.close();
        rmSync(near, { force: true });
      });
      return { runtime: open(near), cut: async () => way.cut() };
    },
    agentsOf: async ({ instanceId }) => {
      const all = await docker.listContainers({ all: true, filters: { label: [`${labels.instance}=${instanceId}`] } });
      return all.filter(({ State }) => ['running', 'restarting', 'paused', 'stopping'].includes(State)).length;
    },
    remains: async () => {
      const [found, { Volumes }, networks] = await Promise.all([
        containers(),
        docker.listVolumes({ filters: ofTenant } as {}),
        docker.listNetworks({ filters: ofTenant } as {}),
      ]);
      return [
        ...found.map(({ Names }) => `container ${Names[0]}`),
        ...(Volumes ?? []).map(({ Name }) => `volume ${Name}`),
        ...networks.map(({ Name }) => `network ${Name}`),
      ];
    },
    stop: async () => {
      for (const { Id } of await containers()) await docker.getContainer(Id).remove({ force: true, v: true });
      await runtime.removeTenantSpace(
        tenantId,
        { operationId: 'the end', generation: 1_000_000, assertValid: () => undefined },
        new AbortController().signal,
      );
      await Promise.all(runtimes.map((one) => one.close()));
      for (const close of closings) await close();
    },
  };
}
