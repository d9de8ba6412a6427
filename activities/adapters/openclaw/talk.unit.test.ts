import { describe, expect, test } from 'vitest';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentResponse, Runtime } from '../../runtimes/runtime.ts';
import { UnifiedConfiguration } from '../configuration.ts';
import { openClawAdapter } from './adapter.ts';

const configuration = UnifiedConfiguration.parse({
  providers: [
    {
      name: 'acme',
      baseUrl: 'https://acme.example/v1',
      api: 'openai-completions',
      apiKey: { secret: 'acme-key' },
      models: [{ id: 'a' }, { id: 'b' }],
    },
  ],
  native: {
    models: { providers: { 'dotted.name': { models: [{ id: 'x' }] } } },
    agents: { entries: { a: {}, b: {} } },
  },
});
const rendered = openClawAdapter.rules.render(configuration);
const file: unknown = JSON.parse(rendered.files['openclaw.json'] ?? '');

describe('the check of a configuration', () => {
  const job = openClawAdapter.validationJob({
    tenantId: 't',
    agentVersion: { version: '2026.9.6', image: 'image', package: null },
    rendered,
  });
  const read = (issues: unknown[], around = ['', '']) =>
    openClawAdapter.readValidation(
      {
        exitCode: 1,
        output: around[0] + JSON.stringify({ ok: false, valid: false, issues }, null, 2) + around[1],
      },
      configuration,
    );

  test('needs no secret', () => {
    expect(job?.environment).toMatchObject({
      OCC_SECRET_ACME_KEY: 'placeholder',
      OPENCLAW_GATEWAY_TOKEN: 'placeholder',
    });
    expect(job?.name).toMatch(/^validate-[0-9a-f]{16}$/);
  });

  test.each([
    ['models.providers.acme.models.1.contextWindow', '/providers/0/models/1/contextWindow'],
    ['models.providers.acme.models.1.cost.input', '/providers/0/models/1/costPerMillionTokens'],
    ['models.providers.acme.baseUrl', '/providers/0/baseUrl'],
    ['models.providers.dotted.name.models.0.id', '/native/models/providers/dotted.name/models/0/id'],
    ['models.providers.dotted.name.models.0.name', '/native/models/providers/dotted.name/models/0'],
    ['agents.defaults.model.primary', '/agent/model'],
    ['agents.defaults.heartbeat.every', '/agent/heartbeatMinutes'],
    ['agents.ownership', '/native/agents'],
    ['<root>', ''],
    ['gateway.port', ''],
  ])('leads from %s to %s', (path, pointer) => {
    expect(read([{ path, message: 'Invalid input' }])).toEqual([
      { pointer, detail: expect.stringContaining('Invalid input') },
    ]);
  });

  test('tells unknown keys one by one', () => {
    const faults = read([{ path: 'agents', message: 'Unrecognized keys: "foo", "b/r"' }]);
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/native/agents', '/native/agents']);
    expect(read([{ path: 'agents', message: 'Unrecognized key: "entries"' }])[0]?.pointer).toBe(
      '/native/agents/entries',
    );
  });

  test('is read among log lines', () => {
    const noise = '{"time":"x","level":"warn","message":"{ odd"}\n(node:1) Warning {\n';
    expect(read([{ path: '', message: 'no' }], [noise, `\n${noise}`])).toEqual([{ pointer: '', detail: 'no' }]);
    const valid = `${noise}{"valid":true,"path":"/etc/openclaw/openclaw.json","warnings":[]}\n`;
    expect(openClawAdapter.readValidation({ exitCode: 0, output: valid }, configuration)).toEqual([]);
  });

  test('never passes without a verdict', () => {
    for (const output of [
      '',
      'Killed\n',
      '{"valid":',
      '{"level":"error","message":"out of memory"}\n',
      '{\n'.repeat(5_000),
    ]) {
      expect(() => openClawAdapter.readValidation({ exitCode: 137, output }, configuration)).toThrow(Problem);
    }
  });
});

describe('the proof', () => {
  const prove = (response: AgentResponse) => {
    const runtime = { reach: () => Promise.resolve(response) } as unknown as Runtime;
    const ref = { tenantId: 't', projectId: 'p', instanceId: 'i', name: 'n' };
    const agent = { runtime, ref, port: 18_789, gatewayToken: 'token' };
    return openClawAdapter.prove(agent, rendered, new AbortController().signal);
  };
  const answer = (payload: object) => prove({ status: 200, body: JSON.stringify({ id: '1', ok: true, payload }) });
  const live = {
    valid: true,
    configRevisionHash: 'h1',
    appliedConfigHash: 'h1',
    parsed: file,
    issues: [],
  };

  test('asks for validity, equal hashes and our own file', async () => {
    expect(await answer(live)).toEqual({ state: 'live' });
    expect(await answer({ ...live, appliedConfigHash: 'h0' })).toMatchObject({ state: 'pending' });
    expect(await answer({ ...live, configRevisionHash: null, appliedConfigHash: null })).toMatchObject({
      state: 'pending',
    });
    expect(await answer({ ...live, parsed: { ...(file as object), agents: {} } })).toMatchObject({
      state: 'pending',
    });
  });

  test('passes on what the agent refuses', async () => {
    const issues = [{ path: 'agents.defaults', message: 'Unrecognized key: "x"' }];
    expect(await answer({ ...live, valid: false, parsed: null, configRevisionHash: null, issues })).toEqual({
      state: 'refused',
      faults: [{ pointer: '', detail: 'agents.defaults: Unrecognized key: "x"' }],
    });
  });

  test.each([
    [401, '', 'agent.unauthorized'],
    [429, '{"error":{"message":"locked"}}', 'agent.unauthorized'],
    [503, 'starting', 'agent.unreachable'],
    [200, '<html>', 'agent.unreachable'],
    [500, '{"ok":false,"error":{"code":"UNAVAILABLE","message":"not now"}}', 'agent.unreachable'],
  ])('answers %i with %s as %s', async (status, body, code) => {
    await expect(prove({ status, body })).rejects.toMatchObject({ code });
  });

  test('waits for the plugin that answers it', async () => {
    expect(await prove({ status: 404, body: 'Not Found' })).toMatchObject({ state: 'pending' });
  });
});

describe('an exit', () => {
  const line = (level: string, message: string) => JSON.stringify({ time: '2026-11-22T13:54:36Z', level, message });

  test('78 is a misconfiguration, told without advice for a shell', () => {
    const lastLines = [
      line('info', 'starting...'),
      line(
        'error',
        'Gateway failed to start: Invalid config at /etc/openclaw/openclaw.json:\nlogging.level: no\nRun "openclaw doctor --fix" to repair, then retry.',
      ),
      line('error', 'Run "openclaw doctor --fix" to repair the config, then retry.'),
    ];
    expect(openClawAdapter.classifyExit(78, lastLines)).toEqual({
      meaning: 'misconfigured',
      detail: 'Gateway failed to start: Invalid config at /etc/openclaw/openclaw.json: logging.level: no',
    });
  });

  test('78 for want of time, on a machine under load, is a crash: another start can help', () => {
    const said =
      'Gateway failed to start: OpenClaw startup migrations did not complete cleanly; refusing to report the gateway ready. - Agent database maintenance deferred: state lease heartbeat did not become ready (phase=startup, elapsedMs=5015, timeoutMs=5000)';
    expect(openClawAdapter.classifyExit(78, [line('error', said)])).toEqual({ meaning: 'crashed', detail: said });
  });

  test('0 is clean, everything else a crash', () => {
    expect(openClawAdapter.classifyExit(0, [line('error', 'a model failed')])).toEqual({
      meaning: 'clean',
      detail: null,
    });
    expect(openClawAdapter.classifyExit(137, [line('info', 'ready')])).toEqual({
      meaning: 'crashed',
      detail: null,
    });
    const heap = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
    expect(openClawAdapter.classifyExit(134, ['"message":"cut off"}', heap])).toEqual({
      meaning: 'crashed',
      detail: heap,
    });
  });
});
