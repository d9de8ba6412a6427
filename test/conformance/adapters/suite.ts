import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { UnifiedConfiguration } from '../../../activities/adapters/configuration.ts';
import type { UnifiedConfigurationInput } from '../../../activities/adapters/configuration.ts';
import type { WorkloadInput } from '../../../activities/adapters/adapter.ts';
import { startFakeModel, type FakeModel } from '../../fakes/model-server.ts';
import { AgentProcess } from './agent-process.ts';
import type { AdapterHarness } from './harness.ts';

const signal = new AbortController().signal;
const secrets = { OCC_SECRET_MODEL_KEY: 'sk-of-the-tenant' };

/** The expectations that every adapter meets with the real program; its capabilities say which of them apply. */
export function describeAdapter(harness: AdapterHarness): void {
  const { adapter, say } = harness;
  const { rules } = adapter;
  const { capabilities } = rules;

  describe(`the adapter of ${rules.kind}`, { timeout: 300_000 }, () => {
    let model: FakeModel;
    let agent: AgentProcess;

    const configuration = (more: UnifiedConfigurationInput = {}): UnifiedConfiguration =>
      UnifiedConfiguration.parse({
        providers: [
          {
            name: 'fake',
            baseUrl: model.url,
            api: 'openai-completions',
            apiKey: { secret: 'model-key' },
            models: [{ id: 'small', costPerMillionTokens: { input: 1, output: 4 } }],
          },
        ],
        ...more,
      });
    const input = (more: UnifiedConfigurationInput = {}): WorkloadInput => ({
      agentVersion: { version: '1', image: null, package: harness.package },
      configuration: configuration(more),
      revision: 1,
      resources: rules.defaultResources,
    });
    const proof = (more: UnifiedConfigurationInput = {}) =>
      adapter.prove(agent.handle(), rules.render(configuration(more)), signal);
    const prepare = () => AgentProcess.prepare(adapter, harness.program);

    async function start(process: AgentProcess, more: UnifiedConfigurationInput = {}): Promise<void> {
      await process.start(input(more), secrets);
      const { path } = rules.workload(input(more)).probes.startup;
      await vi.waitUntil(() => process.answers(path), { timeout: 240_000, interval: 250 });
    }

    const passed = async (process: AgentProcess): Promise<void> => {
      const isPassed = () =>
        adapter.probe(process.handle(), signal).then(
          ({ state }) => state === 'passed',
          () => false,
        );
      await vi.waitUntil(isPassed, { timeout: 180_000, interval: 500 });
    };

    const validate = async (checked: UnifiedConfiguration) => {
      const rendered = rules.render(checked);
      const agentVersion = input().agentVersion;
      const job = adapter.validationJob({ tenantId: 'tenant', agentVersion, rendered });
      if (job === null) return null;
      await using process = await prepare();
      return adapter.readValidation(await process.runOnce(job), checked);
    };

    beforeAll(async () => {
      model = await startFakeModel({ host: '127.0.0.1' });
      agent = await prepare();
      await start(agent);
      await passed(agent);
    }, 320_000);
    afterAll(async () => {
      await agent?.[Symbol.asyncDispose]();
      await model?.close();
    }, 60_000);

    test('renders the same configuration to the same bytes, whatever the order of its keys', () => {
      const written = configuration({ native: { b: { d: 1, c: [1, { f: 1, e: 2 }] }, a: 'x' } });
      expect(rules.render(reversed(written))).toEqual(rules.render(written));
    });

    test('refuses keys of the platform at their places, and nothing of an ordinary configuration', () => {
      expect(rules.check(configuration({ environment: { TZ: 'Europe/Berlin' } }))).toEqual([]);
      expect(rules.check(configuration({ native: harness.owned.native }))).toContainEqual(
        expect.objectContaining({ code: 'agent.configuration-owned', pointer: harness.owned.pointer }),
      );
      const reserved = configuration({ environment: { [rules.gatewayTokenVariable]: 'mine' } });
      expect(rules.check(reserved)).toMatchObject([{ pointer: `/environment/${rules.gatewayTokenVariable}` }]);
    });

    test("finds out by the agent's own program what that refuses, and where", async () => {
      const refused = configuration({ native: harness.refused.native });
      expect(rules.check(refused)).toEqual([]);
      const [good, bad] = [await validate(configuration()), await validate(refused)];
      if (!capabilities.nativeValidation) return expect([good, bad]).toEqual([null, null]);
      expect(good).toEqual([]);
      expect(bad).toContainEqual({ pointer: harness.refused.pointer, detail: expect.stringMatching(/./) });
    });

    test('has a probe that is answered without credentials', async () => {
      const { probes } = rules.workload(input());
      for (const { path } of Object.values(probes)) expect(await agent.answers(path)).toBe(true);
    });

    test('proves what is live, and nothing else', async () => {
      if (!capabilities.proof) return;
      await expect.poll(() => proof(), { timeout: 30_000 }).toEqual({ state: 'live' });
      expect(await proof(harness.change)).toMatchObject({ state: 'pending', reason: expect.stringMatching(/./) });
    });

    test('is told apart from one with another token at once', async () => {
      const wrong = agent.handle('another');
      const asked = [adapter.prove(wrong, rules.render(configuration()), signal), adapter.workMark(wrong, signal)];
      for (const answer of asked) await expect(answer).rejects.toMatchObject({ code: 'agent.unauthorized' });
    });

    test('works with the secret of the tenant, and bears a mark of its work', async () => {
      // a busy agent may be late with its answer, which is worth another question
      const mark = () =>
        vi.waitFor(() => adapter.workMark(agent.handle(), signal), { timeout: 90_000, interval: 1_000 });
      const before = await mark();
      expect(await mark()).toBe(before);
      expect(await say(agent, 'one', 'Please [[remember=blue]]')).toBe('Understood.');
      expect(await say(agent, 'one', '[[recall]]')).toBe('I remember: blue');
      expect(model.stats().lastApiKey).toBe('sk-of-the-tenant');
      expect(await mark()).not.toBe(before);
    });

    test('counts what it does as the model server does', async () => {
      if (capabilities.usageSince === null) {
        return expect(await adapter.usage(agent.handle(), signal)).toBeNull();
      }
      const counted = () => adapter.usage(agent.handle(), signal);
      const before = await counted();
      expect(await say(agent, 'two', '[[say=counted]]')).toBe('counted');
      const { ok, inputTokens, outputTokens } = model.stats();
      await expect.poll(counted, { timeout: 20_000 }).toMatchObject({
        processId: before?.processId,
        runs: (before?.runs ?? 0) + 1,
        callsSucceeded: ok,
        tokensIn: inputTokens,
        tokensOut: outputTokens,
        costMicros: inputTokens + 4 * outputTokens,
      });
      const { errors } = model.stats();
      const failures = (await counted())?.callsFailed ?? 0;
      await say(agent, 'two', '[[status=400]]').catch(() => undefined);
      await expect
        .poll(async () => (await counted())?.callsFailed, { timeout: 20_000 })
        .toBe(failures + model.stats().errors - errors);
    });

    test('is closed for new work and opened again, where it can be', async () => {
      if (!capabilities.suspend) return expect(adapter.suspend).toBeNull();
      const asked = () => adapter.suspend?.(agent.handle(), 'request-1', signal);
      await expect.poll(asked, { timeout: 30_000, interval: 1_500 }).toMatchObject({ state: 'ready' });
      await expect(say(agent, 'one', 'are you there?')).rejects.toThrow();
      await adapter.resume(agent.handle(), 'request-1', signal);
      expect(await say(agent, 'one', '[[say=here]]')).toBe('here');
    });

    test('takes another configuration as its capabilities say', async () => {
      await agent.swap(rules.render(configuration(harness.change)));
      const isHot = rules.isHotChange(input(), input(harness.change));
      expect(isHot).toBe(capabilities.hotConfiguration);
      if (!isHot) {
        expect(await proof(harness.change)).toMatchObject({ state: 'pending' });
        await agent.stop();
        await start(agent, harness.change);
        await passed(agent);
      }
      await expect.poll(() => proof(harness.change), { timeout: 60_000 }).toEqual({ state: 'live' });
      expect(await proof()).toMatchObject({ state: 'pending' });
    });

    test('says what it refuses, or ends over it', async () => {
      await using process = await prepare();
      const refused = { native: harness.refused.native };
      await process.start(input(refused), secrets);
      const rendered = rules.render(configuration(refused));
      const ended = process.endedForGood();
      const told = vi.waitUntil(
        async () => {
          const answer = await adapter.prove(process.handle(), rendered, signal).catch(() => null);
          return answer?.state === 'refused' ? answer : null;
        },
        { timeout: 240_000, interval: 500 },
      );
      const outcome = await Promise.race([ended, told]);
      told.catch(() => undefined);
      if ('state' in outcome) expect(outcome.faults).toContainEqual(expect.objectContaining({ pointer: '' }));
      else expect(outcome).toEqual({ meaning: 'misconfigured', detail: expect.stringMatching(/./) });
    });

    test('ends cleanly, and its state begins the same conversation elsewhere', async () => {
      const { exitCode, lastLines } = await agent.stop();
      expect(adapter.classifyExit(exitCode, lastLines)).toMatchObject({ meaning: 'clean' });
      await using other = await prepare();
      await agent.copyStateTo(other);
      await start(other);
      await passed(other);
      expect(await say(other, 'one', '[[recall]]')).toBe('I remember: blue');
    });
  });
}

/** As a database may give it back: every object with its members the other way round. */
function reversed<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(reversed) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, below]): [string, unknown] => [key, reversed(below)]);
  return Object.fromEntries(entries.toReversed()) as Value;
}
