import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, valueAt } from './json.ts';
import { isAtOrBelow, pathOf, placesAbove, pointerOf } from './json-pointer.ts';
import { configLayers, type Layer } from './layers.ts';
import { mergeLayers } from './merge-layers.ts';

/** Few keys, so that layers meet. */
const key = fc.constantFrom('a', 'b', 'a/b', '~', 'constructor');
const { value } = fc.letrec((tie) => ({
  scalar: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(null), fc.boolean()),
  list: fc.array(tie('scalar'), { maxLength: 3 }),
  object: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof({ maxDepth: 4 }, tie('scalar'), tie('list'), tie('object')),
}));
const document = fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true });
const pointer = fc.array(fc.oneof(key, fc.constantFrom('0', '1')), { maxLength: 3 }).map(pointerOf);
const layersWith = (locks: fc.Arbitrary<string[]>): fc.Arbitrary<Layer[]> =>
  fc.tuple(...configLayers.map((name) => fc.record({ name: fc.constant(name), configuration: document, locks })));

const withLocks = layersWith(fc.array(pointer, { maxLength: 2 }));
const unlocked = layersWith(fc.constant([]));

describe('merged layers', () => {
  it('never change a locked value below the layer that locks it', () => {
    fc.assert(
      fc.property(withLocks, (layers) => {
        for (const [index, { locks }] of layers.entries()) {
          const above = mergeLayers(layers.slice(0, index + 1)).document;
          const whole = mergeLayers(layers).document;
          for (const lock of locks) expect(valueAt(whole, pathOf(lock))).toEqual(valueAt(above, pathOf(lock)));
        }
      }),
    );
  });

  it('refuse every write at, below or over a locked place, naming the layer that wrote and the one that locks', () => {
    fc.assert(
      fc.property(withLocks, (layers) => {
        const { faults } = mergeLayers(layers);
        for (const fault of faults) {
          const writer = layers.findIndex(({ name }) => name === fault.layer);
          const locks = layers.slice(0, writer).flatMap((layer) => layer.locks);
          const meets = (lock: string) => isAtOrBelow(fault.pointer, lock) || isAtOrBelow(lock, fault.pointer);
          expect(locks.some(meets)).toBe(true);
          expect(valueAt(layers[writer]?.configuration, pathOf(fault.pointer))).toBeDefined();
        }
      }),
    );
  });

  it('have what the lowest layer says of a place, where nothing is locked', () => {
    fc.assert(
      fc.property(unlocked, (layers) => {
        const { document: merged, faults } = mergeLayers(layers);
        expect(faults).toEqual([]);
        const lowest = layers.at(-1)?.configuration ?? {};
        for (const place of leavesOf(lowest)) {
          const wanted = valueAt(lowest, pathOf(place));
          // An empty object sets nothing over an object.
          if (isObject(wanted) && isObject(valueAt(merged, pathOf(place)))) continue;
          expect(valueAt(merged, pathOf(place))).toEqual(wanted);
        }
      }),
    );
  });

  it('say of each value a layer that really holds it, the lowest one that does', () => {
    fc.assert(
      fc.property(withLocks, (layers) => {
        const { document: merged, sources } = mergeLayers(layers);
        for (const place of leavesOf(merged)) {
          const writer = [...placesAbove(place)].map((at) => sources.get(at)).find(Boolean);
          const layer = layers.find(({ name }) => name === writer);
          expect(valueAt(layer?.configuration, pathOf(place))).toEqual(valueAt(merged, pathOf(place)));
        }
      }),
    );
  });

  it('are the same each time, and leave the layers as they were', () => {
    fc.assert(
      fc.property(withLocks, (layers) => {
        const before = structuredClone(layers);
        const first = mergeLayers(layers);
        const second = mergeLayers(layers);
        expect([second.document, second.faults, [...second.sources]]).toEqual([
          first.document,
          first.faults,
          [...first.sources],
        ]);
        expect(layers).toEqual(before);
      }),
    );
  });

  it('take no key that would reach a prototype', () => {
    const configuration = JSON.parse('{"a": {"__proto__": {"polluted": true}}}');
    const { document: merged, faults } = mergeLayers([{ name: 'instance', configuration, locks: [] }]);
    expect(faults).toMatchObject([{ layer: 'instance', pointer: '/a/__proto__' }]);
    expect(merged).toEqual({});
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

/** Scalars, arrays and empty objects. */
function leavesOf(tree: unknown, path: string[] = []): string[] {
  const members = isObject(tree) ? Object.entries(tree) : [];
  if (members.length === 0) return path.length === 0 ? [] : [pointerOf(path)];
  return members.flatMap(([name, child]) => leavesOf(child, [...path, name]));
}
