import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Assets } from '../runtime.ts';
import { assetData } from './assets.ts';
import { covers } from './objects.ts';
import { byteQuantity, bytesOf, cpuQuantity } from './quantity.ts';
import { buildRef, buildWorkload } from './testing/workload.ts';
import { statefulSetManifest } from './workload.ts';

const ref = buildRef('tenant');

describe('the workload of an instance', () => {
  it('is born powered off', () => {
    expect(statefulSetManifest(ref, buildWorkload(), 'Default').spec?.replicas).toBe(0);
  });

  it('holds no secret value', () => {
    const spec = buildWorkload({ secretEnvironment: { TOKEN: 'the-secret-value' } });
    const text = JSON.stringify(statefulSetManifest(ref, spec, 'Default'));
    expect(text).not.toContain('the-secret-value');
    expect(text).not.toContain(Buffer.from('the-secret-value').toString('base64'));
  });

  it('gets another template for another secret, and none for another configuration, name or revision', () => {
    const templateOf = (change: Parameters<typeof buildWorkload>[0], name = ref.name) =>
      statefulSetManifest({ ...ref, name }, buildWorkload(change), 'Default').spec?.template;
    const configuration = { mountPath: '/etc/agent', files: { 'agent.json': '{}' }, hash: 'other' };
    expect(templateOf({ configuration, revision: 9 }, 'renamed')).toEqual(templateOf({}));
    expect(templateOf({ secretEnvironment: { SECRET: 'second secret' } })).not.toEqual(templateOf({}));
  });
});

describe('files that come with the platform', () => {
  const assets = (content: string): Assets[] => [
    { mountPath: '/opt/extra', files: { 'tool/b.js': 'b', 'tool/a.json': content } },
    { mountPath: '/opt/other', files: { 'tool/a.json': 'c' } },
  ];
  const spec = (content: string) => buildWorkload({ assets: assets(content) });
  const podOf = (content: string) => statefulSetManifest(ref, spec(content), 'Default').spec?.template;

  it('are mounted under their own names, beside the configuration', () => {
    const data: Record<string, string> = { ...assetData(assets('a')), 'agent.json': '{"revision":1}' };
    const pod = podOf('a')?.spec;
    const read = (pod?.volumes ?? []).flatMap(({ name, configMap }) =>
      (configMap?.items ?? []).map(({ key, path }) => {
        const mount = pod?.containers[0]?.volumeMounts?.find((one) => one.name === name);
        return [`${mount?.mountPath}/${path}`, mount?.readOnly, data[key]];
      }),
    );
    expect(read).toEqual([
      ['/etc/agent/agent.json', true, '{"revision":1}'],
      ['/opt/extra/tool/a.json', true, 'a'],
      ['/opt/extra/tool/b.js', true, 'b'],
      ['/opt/other/tool/a.json', true, 'c'],
    ]);
    expect(Object.keys(data).filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))).toEqual([]);
  });

  it('make another process when they change', () => {
    expect(podOf('a')).toEqual(podOf('a'));
    expect(podOf('other')).not.toEqual(podOf('a'));
  });
});

describe('quantities', () => {
  it('are what the cluster makes of them', () => {
    expect([1500, 2000, 50].map(cpuQuantity)).toEqual(['1500m', '2', '50m']);
    expect([2 ** 30, 1536 * 2 ** 20, 2_000_000_000, 1001].map(byteQuantity)).toEqual([
      '1Gi',
      '1536Mi',
      '1953125Ki',
      '1001',
    ]);
  });

  it('can be read again', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 45 }), (bytes) => bytesOf(byteQuantity(bytes)) === bytes));
    expect(bytesOf('10G')).toBe(10_000_000_000);
  });
});

describe('a stored object', () => {
  it('covers what is wanted when the cluster has only added defaults', () => {
    expect(covers({ a: 1, list: [{ b: 2, added: true }], more: {} }, { a: 1, list: [{ b: 2 }] })).toBe(true);
  });

  it.each([
    ['a changed value', { a: 2 }, { a: 1 }],
    ['a longer list', { list: [1, 2] }, { list: [1] }],
    ['a missing field', {}, { a: 1 }],
  ])('does not with %s', (_, stored, wanted) => {
    expect(covers(stored, wanted)).toBe(false);
  });
});
