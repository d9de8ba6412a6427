import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presentResources, ResourcesInput, resourcesOf } from './quantities.ts';

const defaults = { cpuMillis: 250, memoryBytes: 2 ** 31, storageBytes: 10 * 2 ** 30 };

describe('resources', () => {
  it('are read as Kubernetes reads them', () => {
    expect(resourcesOf({ cpu: '1.5', memory: '512Mi', storage: '20G' }, defaults)).toEqual({
      cpuMillis: 1_500,
      memoryBytes: 512 * 2 ** 20,
      storageBytes: 20e9,
    });
    expect(resourcesOf({}, defaults)).toEqual(defaults);
  });

  it('come back as they were meant', () => {
    const amounts = fc.record({
      cpuMillis: fc.integer({ min: 1, max: 999_000 }),
      memoryBytes: fc.integer({ min: 1, max: 2 ** 40 }),
      storageBytes: fc.integer({ min: 1, max: 2 ** 40 }),
    });
    fc.assert(
      fc.property(amounts, (resources) => {
        expect(resourcesOf(ResourcesInput.parse(presentResources(resources)), defaults)).toEqual(resources);
      }),
    );
  });

  it.each(['', '0', '-1', '1 Gi', '1e3', 'Gi', '0Gi', '9999999999Ti'])('refuse %j', (memory) => {
    expect(ResourcesInput.safeParse({ memory }).success).toBe(false);
  });
});
