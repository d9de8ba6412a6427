import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WorkloadInput } from '../adapter.ts';
import { UnifiedConfiguration } from '../configuration.ts';
import type { UnifiedConfigurationInput } from '../configuration.ts';
import { openClawRules } from './rules.ts';

const provider = (baseUrl: string, name = 'acme') => ({
  name,
  baseUrl,
  api: 'openai-completions' as const,
  apiKey: { secret: 'key' },
  models: [{ id: 'large' }],
});

const input = (configuration: UnifiedConfigurationInput = {}, more: Partial<WorkloadInput> = {}): WorkloadInput => ({
  agentVersion: { version: '2026.9.6', image: 'localhost/openclaw:2026.9.6', package: null },
  configuration: UnifiedConfiguration.parse(configuration),
  revision: 1,
  resources: openClawRules.defaultResources,
  ...more,
});

test('the platform sets what the process rests on', () => {
  const spec = openClawRules.workload(input({ environment: { TZ: 'UTC' } }));
  expect(spec.environment).toMatchObject({
    TZ: 'UTC',
    OPENCLAW_CONFIG_PATH: '/etc/openclaw/openclaw.json',
    OPENCLAW_CONFIG_READONLY: '1',
    CHOKIDAR_USEPOLLING: '1',
    NODE_OPTIONS: '--max-old-space-size=1024',
  });
  expect(spec).toMatchObject({
    port: 18789,
    terminationGraceSeconds: 330,
    state: { mountPath: '/home/node/.openclaw' },
  });
  expect(spec.configuration.hash).toMatch(/^[0-9a-f]{64}$/);
});

test('the metrics plugin comes along as files, in a folder that not everyone can write', () => {
  const { environment, assets } = openClawRules.workload(input());
  const [{ mountPath, files } = { mountPath: '', files: {} }] = assets;
  const file = JSON.parse(openClawRules.render(input().configuration).files['openclaw.json'] ?? '') as {
    plugins: { load: { paths: string[] }; entries: Record<string, unknown> };
  };
  const [named = ''] = file.plugins.load.paths;
  const path = named.replace('${OPEN_CLUSTER_CLAW_ASSETS}', environment['OPEN_CLUSTER_CLAW_ASSETS'] ?? '');
  expect(path.startsWith(`${mountPath}/`)).toBe(true);
  const folder = path.slice(mountPath.length + 1);
  const manifest = JSON.parse(files[`${folder}/openclaw.plugin.json`] ?? '') as { id: string };
  const { openclaw } = JSON.parse(files[`${folder}/package.json`] ?? '') as {
    openclaw: { extensions: string[]; compat: { minGatewayVersion: string } };
  };
  expect(file.plugins.entries).toHaveProperty(manifest.id, { enabled: true });
  expect(openclaw.extensions.map((name) => files[join(folder, name)])).toEqual([expect.any(String)]);
  expect(openclaw.compat.minGatewayVersion).toBe(openClawRules.capabilities.usageSince);
});

test('the token of the metrics is one of its own', () => {
  const [first, second] = ['one', 'other'].map((token) => openClawRules.derivedSecrets(token)['OCC_METRICS_TOKEN']);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(second).not.toBe(first);
  expect(openClawRules.check(input({ environment: { OCC_METRICS_TOKEN: 'x' } }).configuration)).toHaveLength(1);
});

test.each([
  ['https://api.openai.com/v1', []],
  ['https://api.openai.com:8443/v1', [{ host: 'api.openai.com', port: 8443 }]],
  ['http://api.openai.com/v1', [{ host: 'api.openai.com', port: 80 }]],
  ['https://10.0.0.7/v1', [{ host: '10.0.0.7', port: 443 }]],
  ['https://models.internal/v1', [{ host: 'models.internal', port: 443 }]],
  ['https://models/v1', [{ host: 'models', port: 443 }]],
  ['http://[fd00::7]:8000/v1', [{ host: 'fd00::7', port: 8000 }]],
  ['http://127.0.0.1:8000/v1', []],
  ['http://169.254.169.254/latest', []],
  ['https://kubernetes.default.svc/api', []],
])('the network opens for %s', (baseUrl, egress) => {
  expect(openClawRules.workload(input({ providers: [provider(baseUrl)] })).egress).toEqual(egress);
  const native = { models: { providers: { own: { baseUrl } } } };
  expect(openClawRules.workload(input({ native })).egress).toEqual(egress);
});

describe('a change is hot', () => {
  const base = { providers: [provider('https://acme.example')], environment: { TZ: 'UTC' } };
  const isHot = (after: UnifiedConfigurationInput, more?: Partial<WorkloadInput>) =>
    openClawRules.isHotChange(input(base), input({ ...base, ...after }, more));

  test('when only the file changes, at places that OpenClaw takes while it runs', () => {
    expect(isHot({})).toBe(true);
    expect(isHot({ logging: { level: 'debug' } })).toBe(true);
    expect(isHot({ agent: { heartbeatMinutes: 30 } })).toBe(true);
    expect(isHot({ providers: [provider('https://other.example')] })).toBe(true);
    expect(isHot({ native: { gateway: { tools: { deny: ['exec'] } }, memory: { citations: 'off' } } })).toBe(true);
    expect(isHot({ environment: { TZ: 'UTC' } }, { revision: 2 })).toBe(true);
  });

  test('not when the process, its secrets or its network change', () => {
    expect(isHot({ environment: { TZ: 'Asia/Shanghai' } })).toBe(false);
    expect(isHot({ environment: { TZ: 'UTC', KEY: { secret: 'other' } } })).toBe(false);
    expect(isHot({ providers: [provider('http://10.0.0.7:8000')] })).toBe(false);
    expect(isHot({ providers: [{ ...provider('https://acme.example'), apiKey: { secret: 'other' } }] })).toBe(false);
    expect(isHot({}, { resources: { ...openClawRules.defaultResources, cpuMillis: 500 } })).toBe(false);
    expect(
      isHot({}, { agentVersion: { version: '2026.9.7', image: 'localhost/openclaw:2026.9.7', package: null } }),
    ).toBe(false);
  });

  test('not where OpenClaw restarts itself, or nobody knows', () => {
    expect(isHot({ native: { secrets: { egressProxy: { enabled: false } } } })).toBe(false);
    expect(isHot({ native: { mcp: { apps: { port: 1 } } } })).toBe(false);
    expect(isHot({ native: { memory: { search: {} } } })).toBe(false);
    expect(isHot({ native: { modelsOfTomorrow: {} } })).toBe(false);
  });
});
