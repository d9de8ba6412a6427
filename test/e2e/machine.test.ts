import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UnifiedConfiguration, type UnifiedConfigurationInput } from '../../activities/adapters/configuration.ts';
import { openClawAdapter } from '../../activities/adapters/openclaw/adapter.ts';
import { machineRuntime, type MachineRuntime } from '../../activities/runtimes/machine/index.ts';
import type { Fence, InstanceRef, WorkloadSpec } from '../../activities/runtimes/runtime.ts';
import { cacheDirectory } from '../../deploy/local/directories.ts';

const version = { version: '2026.9.6', image: null, package: 'openclaw@2026.9.6' };
const { rules } = openClawAdapter;
const never = new AbortController().signal;
const gatewayToken = randomUUID();
const ref: InstanceRef = { tenantId: randomUUID(), projectId: randomUUID(), instanceId: randomUUID(), name: 'first' };

const fence = (generation: number): Fence => ({
  operationId: `operation-${generation}`,
  generation,
  assertValid: () => undefined,
});

const configurationOf = (input: UnifiedConfigurationInput = {}) =>
  UnifiedConfiguration.parse({
    providers: [
      { name: 'house', baseUrl: 'http://127.0.0.1:9/v1', api: 'openai-completions', models: [{ id: 'small' }] },
    ],
    ...input,
  });

function specOf(revision: number, configuration = configurationOf()): WorkloadSpec {
  const input = { agentVersion: version, configuration, revision, resources: rules.defaultResources };
  const secretEnvironment = {
    [rules.gatewayTokenVariable]: gatewayToken,
    ...rules.derivedSecrets(gatewayToken),
  };
  return { ...rules.workload(input), secretEnvironment };
}

describe('a real OpenClaw on a machine', () => {
  const directory = mkdtempSync(join(tmpdir(), 'occ-machine-'));
  const cache = join(cacheDirectory(), 'supervisor');
  let runtime: MachineRuntime;
  beforeAll(async () => {
    runtime = machineRuntime({ clusterId: randomUUID(), directory, cache, host: { kind: 'local' } });
    const quota = { cpuMillis: 4000, memoryBytes: 8e9, storageBytes: 8e9, instances: 4 };
    await runtime.ensureTenantSpace({ tenantId: ref.tenantId, name: 'first', generation: 1, quota }, fence(1), never);
  });
  afterAll(async () => {
    await runtime.removeTenantSpace(ref.tenantId, fence(1_000), AbortSignal.timeout(60_000));
    await runtime.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  });
  const agent = () => ({ runtime, ref, port: rules.port, gatewayToken });
  const proven = (configuration: UnifiedConfiguration) =>
    vi.waitFor(
      async () =>
        expect(await openClawAdapter.prove(agent(), rules.render(configuration), never)).toEqual({ state: 'live' }),
      { timeout: 60_000, interval: 500 },
    );

  it('has its package from npm, and checks a configuration with its own program', async () => {
    const check = async (configuration: UnifiedConfiguration) => {
      const rendered = rules.render(configuration);
      const job = openClawAdapter.validationJob({ tenantId: ref.tenantId, agentVersion: version, rendered });
      if (!job) throw new Error('This version has no program for that');
      const errand = { ...fence(1), imagePatienceMs: 300_000 };
      return openClawAdapter.readValidation(await runtime.runOnce(job, errand, never), configuration);
    };
    expect(await check(configurationOf())).toEqual([]);
    const wrong = configurationOf({ native: { agents: { defaults: { maxConcurrent: 'many' } } } });
    expect(await check(wrong)).toEqual([
      expect.objectContaining({ pointer: expect.stringContaining('maxConcurrent') }),
    ]);
  });

  it('becomes ready at a port of its own, with the configuration and the plugin of every other runtime', async () => {
    await runtime.ensureInstance(ref, specOf(1), fence(1), never);
    await runtime.power(ref, 'on', fence(1), never);
    await vi.waitFor(
      async () => expect(await runtime.observe(ref, never)).toMatchObject({ ready: true, current: true }),
      {
        timeout: 180_000,
        interval: 500,
      },
    );
    await proven(configurationOf());
    expect(await openClawAdapter.probe(agent(), never)).toEqual({ state: 'passed' });
    await vi.waitFor(async () => expect(await openClawAdapter.usage(agent(), never)).toMatchObject({ runs: 0 }), {
      timeout: 30_000,
      interval: 500,
    });
  });

  it('takes a new configuration up as it runs', async () => {
    const { processId } = await runtime.observe(ref, never);
    const changed = configurationOf({ logging: { level: 'debug' } });
    await runtime.putConfiguration(ref, specOf(2, changed), fence(2), never);
    await proven(changed);
    expect(await runtime.observe(ref, never)).toMatchObject({ processId, restarts: 0, ready: true });
  });

  it('ends gently, and leaves its state', async () => {
    await runtime.power(ref, 'off', fence(3), never);
    await vi.waitFor(async () => expect(await runtime.observe(ref, never)).toMatchObject({ processPresent: false }), {
      timeout: 60_000,
      interval: 500,
    });
    const names = (await runtime.inside?.listFiles(ref, '', never))?.map(({ name }) => name);
    expect(names).toContain('state');
    expect(existsSync(join(directory, 'instances', ref.instanceId, 'state'))).toBe(true);
  });
});
