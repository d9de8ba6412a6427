import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryConfiguration } from '../../activities/adapters/openclaw/testing/arbitrary-configuration.ts';
import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { isObject, valueAt } from './json.ts';
import { pathOf, pointerOf } from './json-pointer.ts';
import type { Layer } from './layers.ts';
import { resolveLayers, type TemplateLayer } from './resolve-layers.ts';

const template: TemplateLayer = {
  configuration: {
    agent: { model: { $variable: 'model' }, heartbeatMinutes: { $variable: 'beats' } },
    logging: { level: 'warn' },
    native: { tools: { allow: [{ $variable: 'tool' }] } },
  },
  variables: {
    required: ['model'],
    properties: {
      model: { type: 'string' },
      beats: { type: ['integer', 'string'] },
      tool: { type: 'string', default: 'read' },
    },
  },
  locks: ['/logging'],
};
const tenant: Layer = { name: 'tenant', configuration: { limits: { maxConcurrentRuns: 4 } }, locks: ['/limits'] };
const resolve = (more: object = {}) =>
  resolveLayers({ above: [tenant], template, variables: { model: 'a/b' }, instance: {}, ...more });

describe('layers of an instance', () => {
  it('make one configuration, and say of each value where it comes from', () => {
    const { configuration, provenance, faults } = resolve({ instance: { agent: { timeoutSeconds: 60 } } });
    expect(faults).toEqual([]);
    expect(configuration).toEqual(
      UnifiedConfiguration.parse({
        agent: { model: 'a/b', timeoutSeconds: 60 },
        limits: { maxConcurrentRuns: 4 },
        logging: { level: 'warn' },
        native: { tools: { allow: ['read'] } },
      }),
    );
    expect(provenance).toEqual({
      '/providers': 'default',
      '/agent/model': 'template',
      '/agent/heartbeatMinutes': 'default',
      '/agent/timeoutSeconds': 'instance',
      '/limits/maxConcurrentRuns': 'tenant',
      '/logging/level': 'template',
      '/environment': 'default',
      '/native/tools/allow/0': 'template',
    });
  });

  it.each([
    [
      'a variable that has no value',
      { variables: {} },
      { code: 'config.variables-invalid', layer: null, pointer: '/variables/model', variable: 'model' },
    ],
    [
      'a value that its place does not take',
      { variables: { model: 'a/b', beats: 'often' } },
      {
        code: 'agent.configuration-refused',
        layer: 'template',
        pointer: '/agent/heartbeatMinutes',
        variable: 'beats',
      },
    ],
    [
      'a value that a higher layer locks',
      { instance: { limits: { maxConcurrentRuns: 9 } } },
      { code: 'config.value-locked', layer: 'instance', pointer: '/limits/maxConcurrentRuns', variable: null },
    ],
    [
      'a value that the template locks',
      { instance: { logging: { level: 'debug' } } },
      { code: 'config.value-locked', layer: 'instance', pointer: '/logging/level', variable: null },
    ],
    [
      'a value that the schema does not take, in a layer above',
      { above: [{ name: 'platform', configuration: { agent: { timeoutSeconds: 1 } }, locks: [] }] },
      { code: 'agent.configuration-refused', layer: 'platform', pointer: '/agent/timeoutSeconds', variable: null },
    ],
    [
      'a reference outside of a template',
      { instance: { native: { a: { $variable: 'model' } } } },
      { code: 'agent.configuration-refused', layer: 'instance', pointer: '/native/a', variable: null },
    ],
    [
      'an item of a list whose variable has no value',
      { template: { ...template, variables: { properties: { model: {}, beats: {}, tool: {} } } } },
      { code: 'config.variables-invalid', layer: 'template', pointer: '/native/tools/allow/0', variable: 'tool' },
    ],
  ])('point to %s where it was written', (_case, more, fault) => {
    expect(resolve(more).faults).toMatchObject([fault]);
  });

  it('keep what an instance without a template and without defaults has always had', () => {
    fc.assert(
      fc.property(arbitraryConfiguration, (written) => {
        const { configuration, provenance, faults } = resolveLayers({
          above: [],
          template: null,
          variables: {},
          instance: written,
        });
        expect(faults).toEqual([]);
        expect(configuration).toEqual(written);
        for (const layer of Object.values(provenance)) expect(['instance', 'default']).toContain(layer);
      }),
    );
  });

  it('say of every leaf, and of nothing else, a layer that really holds its value', () => {
    const maybe = fc.option(arbitraryConfiguration.map(someOf), { nil: {} });
    fc.assert(
      fc.property(maybe, maybe, maybe, (ofTenant, ofTemplate, ofInstance) => {
        const held: Record<string, unknown> = { tenant: ofTenant, template: ofTemplate, instance: ofInstance };
        const { configuration, provenance } = resolveLayers({
          above: [{ name: 'tenant', configuration: ofTenant, locks: [] }],
          template: { configuration: ofTemplate, variables: {}, locks: [] },
          variables: {},
          instance: ofInstance,
        });
        expect(configuration).not.toBeNull();
        expect(new Set(Object.keys(provenance))).toEqual(new Set(leavesOf(configuration)));
        for (const [pointer, layer] of Object.entries(provenance)) {
          const value = valueAt(configuration, pathOf(pointer));
          if (layer === 'default') {
            for (const document of Object.values(held)) expect(valueAt(document, pathOf(pointer))).toBeUndefined();
          } else expect(valueAt(held[layer], pathOf(pointer))).toEqual(value);
        }
      }),
    );
  });
});

/** Without the members that hold nothing, so that layers leave something to each other. */
const someOf = (configuration: UnifiedConfiguration): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(configuration).filter(([key, value]) => key !== 'agent' && JSON.stringify(value).length > 2),
  );

function leavesOf(tree: unknown, path: string[] = []): string[] {
  const members = isObject(tree) || Array.isArray(tree) ? Object.entries(tree) : [];
  if (members.length === 0) return [pointerOf(path)];
  return members.flatMap(([name, child]) => leavesOf(child, [...path, name]));
}
