import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnifiedConfiguration } from '../configuration.ts';
import type { UnifiedConfigurationInput } from '../configuration.ts';
import { configurationProblem } from '../refusal.ts';
import { check } from './check.ts';
import { isObject, valueAt, walk } from '../json.ts';
import { ownedValues } from './owned-keys.ts';
import { arbitraryConfiguration } from './testing/arbitrary-configuration.ts';

const acme = {
  name: 'acme',
  baseUrl: 'https://acme.example/v1',
  api: 'openai-completions' as const,
  models: [{ id: 'large' }],
};
const pointersOf = (input: UnifiedConfigurationInput) =>
  check(UnifiedConfiguration.parse(input)).map(({ pointer }) => pointer);

test('an ordinary configuration has no fault', () => {
  expect(
    pointersOf({
      providers: [acme],
      agent: { model: 'acme/large' },
      environment: { TZ: 'UTC', BOT_TOKEN: { secret: 'bot' } },
      native: {
        channels: { telegram: { botToken: '${BOT_TOKEN}' } },
        gateway: { tools: {}, nodes: {} },
        text: '$${LITERAL}',
      },
    }),
  ).toEqual([]);
});

test.each([
  [{ gateway: { auth: { mode: 'none' } } }, ['/native/gateway/auth']],
  [{ gateway: { port: 1, bind: 'loopback' } }, ['/native/gateway/port', '/native/gateway/bind']],
  [{ gateway: null }, ['/native/gateway']],
  [{ plugins: { entries: { 'admin-http-rpc': { enabled: false } } } }, ['/native/plugins/entries/admin-http-rpc']],
  [{ plugins: { entries: [] } }, ['/native/plugins/entries']],
  [
    { plugins: { enabled: false, deny: ['x', 'admin-http-rpc'] } },
    ['/native/plugins/enabled', '/native/plugins/deny/1'],
  ],
  [{ telemetry: { enabled: true } }, ['/native/telemetry']],
  [
    { update: {}, discovery: {}, env: {}, meta: {} },
    ['/native/meta', '/native/env', '/native/discovery', '/native/update'],
  ],
  [{ logging: { consoleStyle: 'pretty' } }, ['/native/logging/consoleStyle']],
  [{ logging: 'loud' }, ['/native/logging']],
  [{ models: { catalogRefresh: { enabled: true } } }, ['/native/models/catalogRefresh']],
])('the native part %j names keys of the platform', (native, pointers) => {
  const faults = check(UnifiedConfiguration.parse({ native }));
  expect(faults.map(({ pointer }) => pointer)).toEqual(pointers);
  expect(configurationProblem(faults, '/configuration')).toMatchObject({
    code: 'agent.configuration-owned',
    faults: pointers.map((pointer) => ({ pointer: `/configuration${pointer}` })),
  });
});

test('whatever sets, hides or replaces an owned key is refused, at a place that exists', () => {
  const owned = ownedValues('info');
  fc.assert(
    fc.property(arbitraryConfiguration, (configuration) => {
      const refused = check(configuration).filter(({ code }) => code === 'agent.configuration-owned');
      const paths = refused.map(({ pointer }) => pointer.slice(1).split('/').map(unescaped));
      expect(paths.filter((path) => valueAt(configuration, path) === undefined)).toEqual([]);
      const touched: (readonly string[])[] = [];
      walk(owned, (path, value) => {
        const native = valueAt(configuration.native, path);
        const replaces = native !== undefined && (!isObject(value) || !isObject(native));
        if (replaces) touched.push(['native', ...path]);
        return !replaces;
      });
      // a refused ancestor speaks for all below it
      const unsaid = touched.filter((path) => !paths.some((said) => said.every((segment, at) => path[at] === segment)));
      expect(unsaid).toEqual([]);
    }),
  );
});

const unescaped = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~');

test('keys that reach prototypes and other files are refused, at any depth', () => {
  const native = JSON.parse('{"a":[{"__proto__":{}}],"b":{"constructor":1},"c":{"$include":"/etc/passwd"}}') as Record<
    string,
    unknown
  >;
  expect(pointersOf({ native })).toEqual(['/native/a/0/__proto__', '/native/b/constructor', '/native/c/$include']);
  const hidden = UnifiedConfiguration.safeParse({
    native: JSON.parse('{"__proto__":{}}') as Record<string, unknown>,
  });
  expect(hidden.error?.issues[0]?.path).toEqual(['native', '__proto__']);
});

test('a pointer escapes what RFC 6901 escapes', () => {
  expect(pointersOf({ native: { 'a/b~c': { apiKey: 'sk-in-clear' } } })).toEqual(['/native/a~1b~0c/apiKey']);
});

test('only variables of the environment can be used, and only in the native part', () => {
  expect(pointersOf({ native: { x: { y: '${OPENCLAW_GATEWAY_TOKEN}' } } })).toEqual(['/native/x/y']);
  expect(
    pointersOf({
      providers: [{ ...acme, baseUrl: 'https://acme.example/${OPENCLAW_GATEWAY_TOKEN}' }],
    }),
  ).toEqual(['/providers/0/baseUrl']);
});

test.each([
  'OPENCLAW_STATE_DIR',
  'OCC_SECRET_X',
  'NODE_OPTIONS',
  'HOME',
  'PATH',
  'CHOKIDAR_USEPOLLING',
  'XDG_CACHE_HOME',
  'LD_PRELOAD',
])('the variable %s belongs to the platform', (name) => {
  expect(pointersOf({ environment: { [name]: 'x' } })).toEqual([`/environment/${name}`]);
  expect(pointersOf({ environment: { [name]: { secret: 'x' } } })).toEqual([`/environment/${name}`]);
});

test('secrets in clear are refused where they can be told', () => {
  expect(pointersOf({ environment: { ACME_API_KEY: 'sk-1' } })).toEqual(['/environment/ACME_API_KEY']);
  expect(pointersOf({ native: { hooks: { token: 'abc' } } })).toEqual(['/native/hooks/token']);
  expect(pointersOf({ providers: [{ ...acme, baseUrl: 'https://me:pw@acme.example' }] })).toEqual([
    '/providers/0/baseUrl',
  ]);
});

test('names are unique and the model exists', () => {
  expect(pointersOf({ providers: [acme, { ...acme, models: [{ id: 'a' }, { id: 'a' }] }] })).toEqual([
    '/providers/1/name',
    '/providers/1/models/1/id',
  ]);
  for (const model of ['large', 'other/large', 'acme/small', 'acme/']) {
    expect(pointersOf({ providers: [acme], agent: { model } })).toEqual(['/agent/model']);
  }
  expect(
    pointersOf({
      agent: { model: 'own/x' },
      native: { models: { providers: { own: { baseUrl: 'http://x' } } } },
    }),
  ).toEqual([]);
});

test.each([
  'http://169.254.169.254/v1',
  'http://[fe80::1]/v1',
  'http://metadata.google.internal/v1',
  'http://0/v1',
  'https://kubernetes.default.svc/api',
  'http://models.other-tenant.svc.cluster.local:8080/v1',
  'https://kubernetes/api',
])('an agent cannot be sent to %s', (baseUrl) => {
  expect(pointersOf({ providers: [{ ...acme, baseUrl }] })).toEqual(['/providers/0/baseUrl']);
});
