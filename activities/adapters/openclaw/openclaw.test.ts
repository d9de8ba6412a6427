import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startFakeModel } from '../../../test/fakes/model-server.ts';
import type { FakeModel } from '../../../test/fakes/model-server.ts';
import { UnifiedConfiguration } from '../configuration.ts';
import type { UnifiedConfigurationInput } from '../configuration.ts';
import { openClawAdapter } from './adapter.ts';
import { callAdmin } from './admin.ts';
import { OpenClawProcess, openClawCommand } from './testing/openclaw-process.ts';

const { rules } = openClawAdapter;
const signal = new AbortController().signal;

let model: FakeModel;

beforeAll(async () => {
  model = await startFakeModel({ host: '127.0.0.1' });
});
afterAll(() => model.close());

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

describe.skipIf(openClawCommand === undefined)("OpenClaw's own check", { timeout: 180_000 }, () => {
  const validate = async (checked: UnifiedConfiguration) => {
    expect(rules.check(checked)).toEqual([]);
    const rendered = rules.render(checked);
    const job = openClawAdapter.validationJob({
      tenantId: 'tenant',
      agentVersion: { version: '1', image: 'image', package: null },
      rendered,
    });
    if (job === null) throw new Error('OpenClaw checks its own configuration');
    await using agent = await disposable();
    await agent.process.swap(rendered);
    return openClawAdapter.readValidation(await agent.process.runOnce(job), checked);
  };

  test('accepts everything that the unified part can say', async () => {
    const full = configuration({
      agent: { model: 'fake/small', heartbeatMinutes: 30, timeoutSeconds: 600 },
      limits: { maxConcurrentRuns: 4 },
      logging: { level: 'debug' },
      environment: { TZ: 'Europe/Berlin', BOT_TOKEN: { secret: 'bot' } },
      native: { session: { scope: 'per-sender' }, gateway: { tools: { deny: ['exec'] } } },
    });
    expect(await validate(full)).toEqual([]);
    expect(await validate(configuration({ providers: [] }))).toEqual([]);
  });

  test('refuses an unknown native key at its own place', async () => {
    const faults = await validate(configuration({ native: { agents: { defaults: { frobnicate: true } } } }));
    expect(faults).toEqual([
      {
        pointer: '/native/agents/defaults/frobnicate',
        detail: expect.stringContaining('Unrecognized key'),
      },
    ]);
  });

  test('names the native value that it does not understand', async () => {
    const faults = await validate(configuration({ native: { session: { scope: 'galaxy' } } }));
    expect(faults).toEqual([{ pointer: '/native/session/scope', detail: expect.stringContaining('Invalid input') }]);
  });

  test('that ends without a verdict is a problem with its own error, never a pass', async () => {
    // 2026.9.6 runs into a TypeError of its own here
    const checked = validate(configuration({ native: { logging: { redactPatterns: 'none' } } }));
    await expect(checked).rejects.toMatchObject({
      code: 'agent.crashed',
      detail: expect.stringContaining('TypeError'),
    });
  });
});

describe.skipIf(openClawCommand === undefined)('a running OpenClaw', { timeout: 240_000 }, () => {
  let agent: OpenClawProcess;
  const first = () => rules.render(configuration());
  const second = () => rules.render(configuration({ logging: { level: 'debug' } }));

  beforeAll(async () => {
    agent = await OpenClawProcess.prepare();
    await agent.swap(first());
    agent.start(first(), { OCC_SECRET_MODEL_KEY: 'sk-of-the-tenant' });
    await vi.waitUntil(() => agent.isStarted(), { timeout: 240_000, interval: 250 });
  }, 300_000);
  afterAll(() => agent.end(), 60_000);

  test('runs what was rendered', async () => {
    await expect
      .poll(() => openClawAdapter.prove(agent.handle(), first(), signal), { timeout: 30_000 })
      .toEqual({ state: 'live' });
  });

  test('does not count as live on the old file although both hashes agree', async () => {
    const answer = await callAdmin(agent.handle(), 'config.get', {}, signal);
    const old = answer.state === 'answered' ? (answer.payload as Record<string, unknown>) : {};
    expect(old).toMatchObject({ valid: true, configRevisionHash: old['appliedConfigHash'] });
    expect(await openClawAdapter.prove(agent.handle(), second(), signal)).toMatchObject({
      state: 'pending',
    });
  });

  test('answers a chat turn with the secret of the tenant and remembers it', async () => {
    expect(await chat(agent, 'Please [[remember=blue]]')).toBe('Understood.');
    expect(await chat(agent, '[[recall]]')).toBe('I remember: blue');
    expect(model.stats()).toMatchObject({ ok: 2, errors: 0, lastApiKey: 'sk-of-the-tenant' });
  });

  test('counts what it does as the model server does, behind a token of its own', async () => {
    const before = await openClawAdapter.usage(agent.handle(), signal);
    const given = model.stats();
    expect(await chat(agent, '[[say=counted]]')).toBe('counted');
    await expect
      .poll(() => openClawAdapter.usage(agent.handle(), signal), { timeout: 20_000 })
      .toMatchObject({ processId: before?.processId, runs: (before?.runs ?? 0) + 1, callsSucceeded: model.stats().ok });
    const counted = await openClawAdapter.usage(agent.handle(), signal);
    const { inputTokens, outputTokens } = model.stats();
    expect(inputTokens).toBeGreaterThan(given.inputTokens);
    expect(counted).toMatchObject({ tokensIn: inputTokens, tokensOut: outputTokens, callsFailed: 0 });
    expect(counted?.costMicros).toBe(inputTokens + 4 * outputTokens);

    for (const token of ['', 'wrong', agent.token]) {
      const { status } = await fetch(`${agent.url}/occ/metrics`, { headers: { authorization: `Bearer ${token}` } });
      expect(status).toBe(401);
    }
    const { OCC_METRICS_TOKEN: token } = rules.derivedSecrets(agent.token);
    const text = await fetch(`${agent.url}/occ/metrics?format=prometheus`, {
      headers: { authorization: `Bearer ${token}` },
    }).then((response) => response.text());
    expect(text).toContain('# TYPE occ_model_calls_total counter');
    expect(text).toMatch(/^occ_model_tokens_total\{provider="fake",model="small",kind="output"\} \d+$/m);
  });

  test('counts the calls that fail', async () => {
    const before = await openClawAdapter.usage(agent.handle(), signal);
    const errors = model.stats().errors;
    await chat(agent, '[[status=400]]', 'another');
    expect(model.stats().errors).toBeGreaterThan(errors);
    await expect
      .poll(async () => (await openClawAdapter.usage(agent.handle(), signal))?.callsFailed, { timeout: 20_000 })
      .toBe((before?.callsFailed ?? 0) + model.stats().errors - errors);
    expect((await openClawAdapter.usage(agent.handle(), signal))?.callsSucceeded).toBe(before?.callsSucceeded);
  });

  test('takes a hot change up without a restart', async () => {
    await agent.swap(second());
    await expect
      .poll(() => openClawAdapter.prove(agent.handle(), second(), signal), { timeout: 60_000 })
      .toEqual({ state: 'live' });
    expect(await openClawAdapter.prove(agent.handle(), first(), signal)).toMatchObject({
      state: 'pending',
    });
  });

  test('says what it refuses and goes on with what it had', async () => {
    const broken = rules.render(configuration({ native: { agents: { defaults: { frobnicate: true } } } }));
    await agent.swap(broken);
    const proof = () => openClawAdapter.prove(agent.handle(), broken, signal);
    await expect.poll(proof, { timeout: 30_000 }).toMatchObject({
      state: 'refused',
      faults: [{ detail: expect.stringContaining('frobnicate') }],
    });
    expect(await chat(agent, '[[say=still here]]')).toBe('still here');
  });

  test('refuses a wrong token at once', async () => {
    await expect(openClawAdapter.prove(agent.handle('wrong'), first(), signal)).rejects.toMatchObject({
      code: 'agent.unauthorized',
    });
  });
});

describe.skipIf(openClawCommand === undefined)('an OpenClaw that cannot run', { timeout: 180_000 }, () => {
  test('ends with 78 when the value of a secret breaks the configuration, in its own words', async () => {
    const rendered = rules.render(
      configuration({
        environment: { METRIC_PREFIX: { secret: 'metric-prefix' } },
        native: { diagnostics: { otel: { metricNamePrefix: '${METRIC_PREFIX}' } } },
      }),
    );
    await using agent = await disposable();
    await agent.process.swap(rendered);
    agent.process.start(rendered, { OCC_SECRET_MODEL_KEY: 'sk', METRIC_PREFIX: '9 lives' });
    const { exitCode, lastLines } = await agent.process.exited();
    expect(exitCode).toBe(78);
    expect(openClawAdapter.classifyExit(exitCode, lastLines)).toEqual({
      meaning: 'misconfigured',
      detail: expect.stringContaining('diagnostics.otel.metricNamePrefix: Invalid string'),
    });
  });
});

async function chat(agent: OpenClawProcess, said: string, user = 'one'): Promise<unknown> {
  const response = await fetch(`${agent.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openclaw/default',
      user,
      messages: [{ role: 'user', content: said }],
    }),
  });
  const body = (await response.json()) as { choices?: { message?: { content?: string } }[] };
  return body.choices?.[0]?.message?.content ?? body;
}

async function disposable() {
  const process = await OpenClawProcess.prepare();
  return { process, [Symbol.asyncDispose]: () => process.end() };
}
