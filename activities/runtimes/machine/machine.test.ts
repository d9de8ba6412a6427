import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi, type TestContext } from 'vitest';
import { cacheDirectory } from '../../../deploy/local/directories.ts';
import type { Fence, InstanceRef, WorkloadSpec } from '../runtime.ts';
import { machineRuntime, type MachineRuntime } from './index.ts';
import { buildMachineSpec, pidsOf, rootProcess } from './testing/machine.ts';

const never = new AbortController().signal;
const patience = { timeout: 60_000, interval: 100 };
const fence = (generation: number): Fence => ({
  operationId: `operation-${generation}`,
  generation,
  assertValid: () => undefined,
});

describe.skipIf(!existsSync('/proc/self/environ'))('a machine', { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'occ-machine-'));
  const cache = join(cacheDirectory(), 'supervisor');
  const tenantId = randomUUID();
  const opened: MachineRuntime[] = [];
  const open = (more: { shared?: boolean } = {}): MachineRuntime => {
    const runtime = machineRuntime({ clusterId: randomUUID(), directory, cache, host: { kind: 'local' }, ...more });
    opened.push(runtime);
    return runtime;
  };
  const runtime = open();
  const space = (id: string) => ({
    tenantId: id,
    name: 'a tenant',
    generation: 1,
    quota: { cpuMillis: 1000, memoryBytes: 1e9, storageBytes: 1e9, instances: 10 },
  });
  beforeAll(() => runtime.ensureTenantSpace(space(tenantId), fence(1), never));
  afterAll(async () => {
    await runtime.removeTenantSpace(tenantId, fence(1_000), AbortSignal.timeout(60_000));
    for (const one of opened) await one.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  });

  const becomes = (ref: InstanceRef, wanted: object) =>
    vi.waitFor(async () => expect(await runtime.observe(ref, never)).toMatchObject(wanted), patience);
  async function start(test: TestContext, change: Partial<WorkloadSpec> = {}): Promise<InstanceRef> {
    const ref = { tenantId, projectId: randomUUID(), instanceId: randomUUID(), name: 'an instance' };
    test.onTestFinished(async () => {
      await runtime.removeInstance(ref, fence(900), never);
      await runtime.removeVolume(ref, fence(900), never);
    });
    await runtime.ensureInstance(ref, buildMachineSpec(change), fence(1), never);
    await runtime.power(ref, 'on', fence(1), never);
    await becomes(ref, { ready: true, current: true });
    return ref;
  }
  /** Each agent writes its number into the state when it begins and when it is asked to end; overlaps would show. */
  const notesOf = (ref: InstanceRef) =>
    readFileSync(join(directory, 'instances', ref.instanceId, 'state', 'notes'), 'utf8')
      .trim()
      .split('\n');

  it('has its agents again after supervisord was killed, each of them once', async (test) => {
    const refs = [await start(test), await start(test)];
    const before = refs.map((ref) => pidsOf(ref.instanceId, directory));
    process.kill(rootProcess(directory), 'SIGKILL');
    for (const ref of refs) await becomes(ref, { ready: true, current: true, restarts: 1 });
    for (const [at, ref] of refs.entries()) {
      const now = pidsOf(ref.instanceId, directory);
      expect(now).toHaveLength(1);
      expect(before[at]).not.toContain(now[0]);
      const notes = notesOf(ref);
      expect(notes.filter((note) => note.startsWith('begins'))).toHaveLength(2);
      // The one before was over when the next one began.
      expect(notes.findIndex((note) => note === `ends ${before[at]?.[0]}`)).toBeLessThan(
        notes.findIndex((note) => note === `begins ${now[0]}`),
      );
    }
  });

  it('is watched back to life when nobody asks for anything else', async (test) => {
    const ref = await start(test);
    const stop = new AbortController();
    const changes: boolean[] = [];
    const seen = { onSnapshot: () => undefined, onLost: () => undefined };
    const watching = open().watch(
      { ...seen, onChange: (one) => void (one.instanceId === ref.instanceId && changes.push(one.ready)) },
      stop.signal,
    );
    const [before] = pidsOf(ref.instanceId, directory);
    process.kill(rootProcess(directory), 'SIGKILL');
    await vi.waitFor(() => {
      const [now] = pidsOf(ref.instanceId, directory);
      expect(now).not.toBe(before);
      expect(changes.at(-1)).toBe(true);
    }, patience);
    stop.abort();
    await watching;
  });

  it('goes on with its agents when the driver’s part is killed, and answers again', async (test) => {
    const ref = await start(test);
    const [agent] = pidsOf(ref.instanceId, directory);
    for (const pid of keepersOf(directory)) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => runtime.observe(ref, never), patience);
    expect(await runtime.observe(ref, never)).toMatchObject({ ready: true, restarts: 0 });
    expect(pidsOf(ref.instanceId, directory)).toEqual([agent]);
  });

  it('comes to what the last write wanted when the worker is killed in the middle of others', async (test) => {
    const ref = await start(test);
    const program = join(import.meta.dirname, 'testing', 'worker.ts');
    for (const rounds of [1, 3, 4]) {
      const worker = spawn(process.execPath, [program, directory, cache, tenantId, ref.instanceId]);
      let written = 0;
      for await (const line of worker.stdout) if ((written += String(line).trim().split('\n').length) >= rounds) break;
      worker.kill('SIGKILL');
      if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
      const { generation } = await runtime.observe(ref, never);
      await runtime.power(ref, 'on', fence(generation), never);
      await becomes(ref, { ready: true, current: true });
      expect(pidsOf(ref.instanceId, directory)).toHaveLength(1);
      await runtime.removeInstance(ref, fence(generation), never);
      await becomes(ref, { exists: false, processPresent: false });
      await runtime.removeVolume(ref, fence(generation), never);
    }
  });

  it('lets no second process begin while what an agent left behind still runs', async (test) => {
    const ref = await start(test, { environment: { LEAVES_CHILD: '1' } });
    const [agent, child] = pidsOf(ref.instanceId, directory);
    process.kill(agent ?? 0, 'SIGKILL');
    await becomes(ref, { ready: true, restarts: 1, exitCode: 137 });
    expect(pidsOf(ref.instanceId, directory)).not.toContain(child);
  });

  it('belongs to one tenant, and says so to the second', async () => {
    const refused = runtime.ensureTenantSpace(space(randomUUID()), fence(1), never);
    await expect(refused).rejects.toMatchObject({
      code: 'cluster.refused',
      detail: expect.stringContaining('isolate'),
    });
    const other = randomUUID();
    await open({ shared: true }).ensureTenantSpace(space(other), fence(1), never);
    await runtime.removeTenantSpace(other, fence(2), never);
    expect(await runtime.listTenantSpaces(never)).toEqual([tenantId]);
  });

  it('shows an instance to its own tenant alone', async (test) => {
    const ref = await start(test);
    const foreign = { ...ref, tenantId: randomUUID() };
    for (const attempt of [
      () => runtime.observe(foreign, never),
      () => runtime.power(foreign, 'off', fence(2), never),
      () => runtime.inside?.listFiles(foreign, '', never),
      () => runtime.readState(foreign, { image: null, user: { uid: 0, gid: 0 }, leftOut: [] }, never),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'cluster.refused' });
    }
  });

  it('keeps what it holds from other users of the machine, and secrets off every command line', async (test) => {
    const ref = await start(test, { secretEnvironment: { SECRET: 'nobody-else-sees-this' } });
    const base = join(directory, 'instances', ref.instanceId);
    expect(readdirSync(base).filter((name) => (statSync(join(base, name)).mode & 0o077) !== 0)).toEqual([]);
    const commands = readdirSync('/proc').flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/cmdline`, 'utf8')];
      } catch {
        return []; // No process, or one that has ended.
      }
    });
    expect(commands.filter((command) => command.includes('nobody-else-sees-this'))).toEqual([]);
  });

  it('gives an agent another port when somebody has taken its own', async (test) => {
    const ref = await start(test);
    const portOf = () => {
      const file = join(directory, 'instances', ref.instanceId, 'port.json');
      return (JSON.parse(readFileSync(file, 'utf8')) as { port: number }).port;
    };
    const before = portOf();
    await runtime.power(ref, 'off', fence(2), never);
    await becomes(ref, { processPresent: false });
    const stranger = createServer().listen(before, '127.0.0.1');
    await once(stranger, 'listening');
    await runtime.power(ref, 'on', fence(3), never);
    await becomes(ref, { ready: true });
    expect(portOf()).not.toBe(before);
    stranger.close();
  });

  it('says when a package cannot be had, and what is no package', async (test) => {
    const job = {
      tenantId,
      name: 'check',
      image: null,
      command: ['node', '-e', ''],
      environment: {},
      files: { mountPath: '/in', files: {} },
      user: { uid: 1000, gid: 1000 },
      scratch: [],
      resources: { cpuMillis: 50, memoryBytes: 1e8 },
      timeoutMs: 10_000,
    };
    const errand = { ...fence(1), imagePatienceMs: 60_000 };
    const missing = runtime.runOnce({ ...job, package: 'semver@0.0.0-none' }, errand, never);
    await expect(missing).rejects.toMatchObject({ code: 'agent.image-unavailable' });
    const ref = await start(test);
    const hostile = buildMachineSpec({ package: { package: '../../x@1 --prefix=/', command: ['x'], environment: {} } });
    await expect(runtime.ensureInstance(ref, hostile, fence(2), never)).rejects.toMatchObject({
      code: 'agent.version-unfit',
    });
    const configuration = { mountPath: '/etc/agent', files: { '../../x': '' }, hash: 'x' };
    const leadsOut = runtime.ensureInstance(ref, buildMachineSpec({ configuration }), fence(2), never);
    await expect(leadsOut).rejects.toMatchObject({ code: 'cluster.refused' });
    expect(await runtime.observe(ref, never)).toMatchObject({ generation: 1, ready: true });
  });

  it('brings the state before back when a swap was cut in two', async (test) => {
    const ref = await start(test);
    await runtime.power(ref, 'off', fence(2), never);
    await becomes(ref, { processPresent: false });
    const state = join(directory, 'instances', ref.instanceId, 'state');
    writeFileSync(join(state, 'kept'), 'of before');
    renameSync(state, `${state}.before`);
    await runtime.power(ref, 'on', fence(3), never);
    await becomes(ref, { ready: true });
    expect(readFileSync(join(state, 'kept'), 'utf8')).toBe('of before');
  });
});

const keepersOf = (directory: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return words.includes('serve') && words.includes(directory);
      } catch {
        return false; // It has ended meanwhile.
      }
    })
    .map(Number);
