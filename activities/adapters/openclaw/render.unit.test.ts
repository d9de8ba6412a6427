import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnifiedConfiguration } from '../configuration.ts';
import { type JsonObject, merge, valueAt } from '../json.ts';
import { metricsPluginPath } from './assets.ts';
import { ownedValues, platformPlugins } from './owned-keys.ts';
import { render, renderDocument } from './render.ts';
import { arbitraryConfiguration } from './testing/arbitrary-configuration.ts';

/** As a database may give it back: every object with its members the other way round. */
function reversed<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(reversed) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, below]) => [key, reversed(below)])
      .toReversed(),
  ) as Value;
}

test('the same configuration renders to the same bytes, whatever the order of its keys', () => {
  fc.assert(
    fc.property(arbitraryConfiguration, (configuration) => {
      expect(render(reversed(configuration))).toEqual(render(configuration));
    }),
  );
});

test('the keys of the platform win over any native part', () => {
  fc.assert(
    fc.property(arbitraryConfiguration, (configuration) => {
      const document = renderDocument(configuration);
      // laying them over once more changes nothing
      expect(merge(document, ownedValues(configuration.logging.level))).toEqual(document);
      // what is no list here is for OpenClaw to refuse
      const [allow, deny] = ['allow', 'deny'].map((key) => valueAt(document, ['plugins', key]));
      for (const plugin of platformPlugins) {
        expect(Array.isArray(allow) && allow.length > 0 ? allow : [plugin]).toContain(plugin);
        expect(Array.isArray(deny) ? deny : []).not.toContain(plugin);
      }
      expect(valueAt(document, ['plugins', 'load', 'paths'])).toContain(metricsPluginPath);
    }),
  );
});

test('rendering never touches the prototype of objects', () => {
  const native = JSON.parse(
    '{"a":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}',
  ) as JsonObject;
  const document = renderDocument(UnifiedConfiguration.parse({ native }));
  expect(document['a']).toEqual({});
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('secrets are named by variables and their references listed', () => {
  const rendered = render(
    UnifiedConfiguration.parse({
      providers: [
        {
          name: 'acme',
          baseUrl: 'https://acme.example/v1',
          api: 'openai-completions',
          apiKey: { secret: 'acme-key' },
          models: [{ id: 'large' }],
        },
      ],
      environment: { BOT_TOKEN: { secret: 'bot' }, TZ: 'UTC' },
      native: { channels: { telegram: { botToken: '${BOT_TOKEN}' } } },
    }),
  );
  expect(rendered.secretReferences).toEqual({ BOT_TOKEN: 'bot', OCC_SECRET_ACME_KEY: 'acme-key' });
  expect(rendered.environment).toEqual({ TZ: 'UTC' });
  const file = JSON.parse(rendered.files['openclaw.json'] ?? '') as JsonObject;
  expect(valueAt(file, ['models', 'providers', 'acme', 'apiKey'])).toBe('${OCC_SECRET_ACME_KEY}');
  expect(valueAt(file, ['gateway', 'auth', 'token'])).toBe('${OPENCLAW_GATEWAY_TOKEN}');
});

test('every secret reaches the process through a variable of its own', () => {
  fc.assert(
    fc.property(arbitraryConfiguration, (configuration) => {
      const named = configuration.providers.flatMap(({ apiKey }) => (apiKey ? [apiKey.secret] : []));
      const { secretReferences, environment } = render(configuration);
      expect(Object.values(secretReferences)).toEqual(expect.arrayContaining(named));
      expect(Object.keys(secretReferences).filter((variable) => variable in environment)).toEqual([]);
    }),
  );
});

test('the native part goes over the unified one, and the model defaults to the first', () => {
  const providers = [
    {
      name: 'acme',
      baseUrl: 'https://acme.example',
      api: 'openai-responses' as const,
      models: [{ id: 'a/b' }, { id: 'c' }],
    },
  ];
  const native = {
    agents: { defaults: { heartbeat: { every: '5m' } } },
    models: { mode: 'merge' },
  };
  const document = renderDocument(UnifiedConfiguration.parse({ providers, native }));
  expect(valueAt(document, ['agents', 'defaults'])).toEqual({
    heartbeat: { every: '5m' },
    model: { primary: 'acme/a/b' },
  });
  expect(valueAt(document, ['models', 'mode'])).toBe('merge');
});

test("folders of a tenant's own plugins stay beside the platform's", () => {
  const native = { plugins: { load: { paths: ['/srv/plugins/own', '/srv/plugins/own'], watch: true } } };
  const document = renderDocument(UnifiedConfiguration.parse({ native }));
  expect(valueAt(document, ['plugins', 'load'])).toEqual({
    paths: [metricsPluginPath, '/srv/plugins/own'],
    watch: true,
  });
});
