import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Runtime } from '../../runtimes/runtime.ts';
import { UnifiedConfiguration, type UnifiedConfigurationInput } from '../configuration.ts';
import { openCodeAdapter } from './adapter.ts';
import { differences } from '../differences.ts';
import { variable } from './dialect.ts';
import { usagePlugin } from './owned-keys.ts';
import { renderDocument } from './render.ts';

const { rules } = openCodeAdapter;
const signal = new AbortController().signal;

const configuration = (more: UnifiedConfigurationInput = {}): UnifiedConfiguration =>
  UnifiedConfiguration.parse({
    providers: [
      {
        name: 'acme',
        baseUrl: 'http://models.house.internal:8000/v1',
        api: 'openai-completions',
        apiKey: { secret: 'acme-key' },
        models: [{ id: 'a', costPerMillionTokens: { input: 1, output: 4 } }, { id: 'b' }],
      },
    ],
    ...more,
  });

describe('opencode.json', () => {
  test('says all of the unified part, with secrets as variables', () => {
    expect(renderDocument(configuration({ agent: { model: 'acme/b' }, logging: { level: 'warn' } }))).toMatchObject({
      model: 'acme/b',
      small_model: 'acme/b',
      logLevel: 'WARN',
      enabled_providers: ['acme'],
      provider: {
        acme: {
          npm: '@ai-sdk/openai-compatible',
          options: { baseURL: 'http://models.house.internal:8000/v1', apiKey: '{env:OCC_SECRET_ACME_KEY}' },
          models: { a: { cost: { input: 1, output: 4 }, limit: { context: 128_000, output: 4_096 } } },
        },
      },
    });
    expect(rules.render(configuration()).secretReferences).toEqual({ OCC_SECRET_ACME_KEY: 'acme-key' });
  });

  test('keeps the keys of the platform over any native part', () => {
    const key = fc.constantFrom('share', 'autoupdate', 'plugin', 'provider', 'enabled_providers', '$schema', 'x');
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }), (native) => {
        const document = renderDocument(configuration({ native }));
        expect(document).toMatchObject({ share: 'disabled', autoupdate: false });
        expect((document['plugin'] as string[])[0]).toBe(usagePlugin);
      }),
    );
  });

  test('bears a mark of all that is in it', () => {
    const mark = (one: UnifiedConfiguration) => renderDocument(one)['$schema'];
    expect(mark(configuration())).toMatch(/^https:\/\/opencode\.ai\/config\.json#[0-9a-f]{64}$/);
    expect(mark(configuration({ native: { theme: 'x' } }))).not.toBe(mark(configuration()));
  });
});

describe('the rules', () => {
  test.each<[UnifiedConfigurationInput, string]>([
    [{ agent: { heartbeatMinutes: 5 } }, '/agent/heartbeatMinutes'],
    [{ agent: { timeoutSeconds: 60 } }, '/agent/timeoutSeconds'],
    [{ limits: { maxConcurrentRuns: 2 } }, '/limits/maxConcurrentRuns'],
    [{ native: { instructions: ['{file:/etc/passwd}'] } }, '/native/instructions/0'],
    [{ native: { username: '{env:OPENCODE_SERVER_PASSWORD}' } }, '/native/username'],
    [{ native: { mcp: { x: { headers: { token: 'clear' } } } } }, '/native/mcp/x/headers/token'],
    [{ native: { plugin: 'x' } }, '/native/plugin'],
    [{ environment: { OPENCODE_CONFIG: '/tmp/other' } }, '/environment/OPENCODE_CONFIG'],
  ])('refuse %j', (more, pointer) => {
    expect(rules.check(configuration(more)).map((fault) => fault.pointer)).toContain(pointer);
  });

  test('let variables of the environment be used in the native part', () => {
    const fine = configuration({ environment: { NAME: 'x' }, native: { username: 'is {env:NAME}' } });
    expect(rules.check(fine)).toEqual([]);
  });
});

describe('the workload', () => {
  const workload = rules.workload({
    agentVersion: { version: '1.18.33', image: 'opencode:1', package: 'opencode-ai@1.18.33' },
    configuration: configuration(),
    revision: 1,
    resources: rules.defaultResources,
  });

  test('listens on loopback on a machine, and everywhere in a container', () => {
    expect(workload.package?.command.join(' ')).toBe('opencode serve --hostname 127.0.0.1 --port {port}');
    expect(workload.command?.join(' ')).toContain('opencode serve --hostname 0.0.0.0 --port 4096');
  });

  test('opens the way to the model server', () => {
    expect(workload.egress).toEqual([{ host: 'models.house.internal', port: 8000 }]);
  });
});

test('what is shown differs where something was dropped, not where something was added or filled in', () => {
  const written = { a: 'key {env:X}!', list: [1, { b: true }], c: { d: 1 } };
  expect(
    differences(written, { a: 'key of mine!', list: [1, { b: true, z: 1 }], c: { d: 1 }, more: 1 }, variable),
  ).toEqual([]);
  expect(differences(written, { a: 'of mine', list: [1], c: {} }, variable)).toEqual([['a'], ['list'], ['c', 'd']]);
});

describe("what OpenCode's own check found", () => {
  const checked = configuration({ native: { permission: { bash: 'perhaps' }, frobnicate: 1 } });

  test('are its words at the places of the configuration, each once', () => {
    const output = [
      '\u001B[91m\u001B[1mError: \u001B[0mConfiguration is invalid at /etc/opencode/opencode.json',
      '↳ Expected PermissionActionConfig, got "perhaps" permission.bash',
      '↳ Expected PermissionActionConfig, got "perhaps" permission.bash',
      '↳ Expected number, got "free" provider.acme.models.a.cost.input',
    ].join('\n');
    const faults = openCodeAdapter.readValidation({ exitCode: 1, output }, checked);
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/native/permission/bash', '/providers/0/models/0']);
  });

  test('are also the keys that it dropped in silence', () => {
    const { frobnicate: _dropped, ...shown } = renderDocument(checked);
    const output = `timestamp=1 level=INFO\n${JSON.stringify(shown, null, 2)}\n`;
    expect(openCodeAdapter.readValidation({ exitCode: 0, output }, checked)).toEqual([
      { pointer: '/native/frobnicate', detail: 'OpenCode did not take frobnicate.' },
    ]);
  });

  test('is never a pass without a verdict', () => {
    expect(() => openCodeAdapter.readValidation({ exitCode: 137, output: 'Killed' }, checked)).toThrow(/137: Killed/);
    expect(() => openCodeAdapter.readValidation({ exitCode: 0, output: '' }, checked)).toThrow(/no output/);
  });
});

describe('what it answers', () => {
  const rendered = rules.render(configuration());
  const document = renderDocument(configuration());
  const prove = (status: number, body: unknown) => {
    const reach: Runtime['reach'] = async () => ({ status, body: JSON.stringify(body) });
    const ref = { tenantId: 't', projectId: 'p', instanceId: 'i', name: 'n' };
    return openCodeAdapter.prove({ runtime: { reach } as Runtime, ref, port: 1, gatewayToken: 'x' }, rendered, signal);
  };

  test('proves a configuration, refuses one, or is of the process before', async () => {
    const { model: _dropped, ...without } = document;
    const issue = { path: ['model'], message: 'Expected string' };
    expect(await prove(200, { ...document, username: 'added' })).toEqual({ state: 'live' });
    expect(await prove(200, without)).toMatchObject({ state: 'refused', faults: [{ detail: /model/ }] });
    expect(await prove(200, { ...document, $schema: 'another' })).toMatchObject({ state: 'pending' });
    expect(await prove(400, { name: 'ConfigInvalidError', data: { issues: [issue] } })).toMatchObject({
      state: 'refused',
      faults: [{ detail: 'model: Expected string' }],
    });
    await expect(prove(401, {})).rejects.toMatchObject({ code: 'agent.unauthorized' });
    await expect(prove(500, {})).rejects.toMatchObject({ code: 'agent.unreachable' });
  });
});

test('an exit is told by its code and its words', () => {
  expect(openCodeAdapter.classifyExit(143, [])).toEqual({ meaning: 'clean', detail: null });
  expect(openCodeAdapter.classifyExit(1, ['Error: Unexpected error', 'ServeError'])).toEqual({
    meaning: 'crashed',
    detail: 'ServeError',
  });
  const refused = 'Error: Configuration is invalid at /etc/opencode/opencode.json';
  expect(openCodeAdapter.classifyExit(1, [refused])).toEqual({ meaning: 'misconfigured', detail: refused });
});
