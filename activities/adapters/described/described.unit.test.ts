import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { UnifiedConfiguration, type UnifiedConfigurationInput } from '../configuration.ts';
import type { JsonObject } from '../json.ts';
import { describedAdapter } from './adapter.ts';
import { readDescription } from './description.ts';
import { write } from './formats.ts';
import { renderDocument } from './render.ts';
import { describedRules } from './rules.ts';
import { sumsOf } from './usage.ts';

const file = new URL('../../../test/fakes/described-agent.json', import.meta.url);
const written = JSON.parse(readFileSync(file, 'utf8')) as JsonObject & { configuration: JsonObject };
const { description } = readDescription(written);
if (description === null) throw new Error('The description of the tests is refused');

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

const sizes = (mebibytes: number) => ({
  cpuMillis: 1,
  memoryBytes: mebibytes * 1_048_576,
  storageBytes: 67_108_864,
});

describe('a description', () => {
  const with_ = (part: object): unknown => ({ ...written, configuration: { ...written.configuration, ...part } });

  test.each<[string, unknown]>([
    ['/kind', { ...written, kind: 'Not A Name' }],
    ['/port', { ...written, port: 70_000 }],
    ['/configuration/format', with_({ format: 'ini' })],
    ['/configuration/template/a/0', with_({ template: { a: ['{{/agent/colour}}'] } })],
    ['/configuration/template/list/$each', with_({ template: { list: { $each: '/nowhere', $value: 1 } } })],
    ['/configuration/template/list', with_({ template: { list: { $each: '/models' } } })],
    ['/configuration/reload', { ...written, proof: null }],
    ['/proof/shows', with_({ format: 'toml' })],
    ['/proof/shows', { ...written, proof: { path: '/x', shows: 'mark' } }],
    ['/image', { ...written, package: null }],
    ['/state/mountPath', { ...written, state: { mountPath: '/etc/agent' } }],
    ['/resources/default/memoryBytes', { ...written, resources: { default: sizes(64), minimum: sizes(65) } }],
    ['', { ...written, colour: 'red' }],
  ])('is refused at %s', (pointer, wrong) => {
    const { description: read, faults } = readDescription(wrong);
    expect(read).toBeNull();
    expect(faults).toContainEqual({ pointer, detail: expect.stringMatching(/./) });
  });
});

describe('what is rendered', () => {
  test('is the template filled, with secrets as variables and members without a value left out', () => {
    expect(renderDocument(description, configuration({ native: { extra: [1] } }))).toEqual({
      log: 'info',
      default: 'acme/a',
      extra: [1],
      telemetry: false,
      models: {
        'acme/a': {
          url: 'http://models.house.internal:8000/v1',
          key: '${OCC_SECRET_ACME_KEY}',
          id: 'a',
          prices: { input: 1, output: 4 },
        },
        'acme/b': { url: 'http://models.house.internal:8000/v1', key: '${OCC_SECRET_ACME_KEY}', id: 'b', prices: {} },
      },
    });
  });

  test('bears a mark of all the rest where the template says so', () => {
    const { description: marked } = readDescription({
      ...written,
      configuration: { ...written.configuration, owned: { mark: 'm-{{/mark}}' } },
    });
    const markOf = (more: UnifiedConfigurationInput) => marked && renderDocument(marked, configuration(more))['mark'];
    expect(markOf({})).toMatch(/^m-[0-9a-f]{64}$/);
    expect(markOf({ native: { a: 1 } })).not.toBe(markOf({}));
  });

  test('is never under the control of the native part where the platform owns it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('telemetry', 'models', 'x'), fc.jsonValue()), (native) => {
        expect(renderDocument(description, configuration({ native: { ...native } }))).toMatchObject({
          telemetry: false,
        });
      }),
    );
  });
});

describe('the formats', () => {
  const document = {
    text: 'a "b"\n\u007F',
    number: 1.5,
    yes: true,
    none: null,
    list: [1, { a: 'x' }],
    'odd key': { b: {} },
  };

  test('say the same', () => {
    expect(JSON.parse(write.json(document))).toEqual(document);
    expect(parse(write.yaml(document))).toEqual(document);
    expect(write.toml(document)).toBe(
      [
        'text = "a \\"b\\"\\n\\u007F"',
        'number = 1.5',
        'yes = true',
        'list = [1, { a = "x" }]',
        '"odd key" = { b = {  } }\n',
      ].join('\n'),
    );
    expect(write.env({ A: 'x y', B: 2, C: null })).toBe('A=x y\nB=2\n');
  });
});

describe('the rules', () => {
  const rules = describedRules(description);

  test.each<[UnifiedConfigurationInput, string]>([
    [{ agent: { heartbeatMinutes: 5 } }, '/agent/heartbeatMinutes'],
    [{ limits: { maxConcurrentRuns: 2 } }, '/limits/maxConcurrentRuns'],
    [{ native: { telemetry: true } }, '/native/telemetry'],
    [{ native: { a: '${AGENT_TOKEN}' } }, '/native/a'],
    [{ environment: { AGENT_CONFIG: '/tmp/other' } }, '/environment/AGENT_CONFIG'],
    [{ environment: { AGENT_TOKEN: { secret: 'mine' } } }, '/environment/AGENT_TOKEN'],
  ])('refuse %j', (more, pointer) => {
    expect(rules.check(configuration(more)).map((fault) => fault.pointer)).toContain(pointer);
  });

  test('tell a change that is taken up from one that restarts', () => {
    const input = (more: UnifiedConfigurationInput) => ({
      agentVersion: { version: '1', image: null, package: 'described-agent@1.0.0' },
      configuration: configuration(more),
      revision: 1,
      resources: rules.defaultResources,
    });
    expect(rules.isHotChange(input({}), input({ logging: { level: 'debug' } }))).toBe(true);
    expect(rules.isHotChange(input({}), input({ environment: { TZ: 'UTC' } }))).toBe(false);
    expect(rules.workload(input({})).egress).toEqual([{ host: 'models.house.internal', port: 8000 }]);
  });
});

test('counters are summed over their labels', () => {
  const text = '# TYPE a counter\na{x="1 }"} 2\na{x="2"} 3 1795826916119\nb 0.5\nnot a line\nc NaN\n';
  expect(Object.fromEntries(sumsOf(text))).toEqual({ a: 5, b: 0.5 });
});

test('an exit means what the description says', () => {
  const { classifyExit } = describedAdapter(description);
  expect(classifyExit(0, [])).toEqual({ meaning: 'clean', detail: null });
  expect(classifyExit(64, ['fatal: frobnicate', 'bye'])).toEqual({
    meaning: 'misconfigured',
    detail: 'fatal: frobnicate',
  });
  expect(classifyExit(1, ['last words', ''])).toEqual({ meaning: 'crashed', detail: 'last words' });
});
