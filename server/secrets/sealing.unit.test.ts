import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSealed, seal, type SealedPlace } from './sealing.ts';
import { parseSealingKey } from './sealing-key.ts';

const newKey = () => randomBytes(32).toString('base64');
const key = parseSealingKey(newKey());
const place: SealedPlace = { kind: 'secret', tenantId: 't', secretId: 's', version: 1 };

describe('sealing', () => {
  it('gives back every value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(openSealed(key, place, seal(key, place, value))).toBe(value);
      }),
    );
  });

  it('never seals the same value to the same bytes, and never shows it', () => {
    const value = 'sk-very-secret-value';
    const [first, second] = [seal(key, place, value), seal(key, place, value)];
    expect(first.equals(second)).toBe(false);
    expect(first.includes(value)).toBe(false);
  });

  it.each<[string, SealedPlace]>([
    ['tenant', { ...place, tenantId: 'other' }],
    ['secret', { ...place, secretId: 'other' }],
    ['version', { ...place, version: 2 }],
    ['kind', { kind: 'cluster', clusterId: 's' }],
  ])('does not open in the row of another %s', (_, other) => {
    expect(() => openSealed(key, other, seal(key, place, 'value'))).toThrow();
  });

  it('does not open with any byte changed', () => {
    const sealed = seal(key, place, 'value');
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index]! ^= 1;
      expect(() => openSealed(key, place, changed), `byte ${index}`).toThrow();
    }
  });

  it('opens what an older key sealed while that key is still in the file, and says so when it is not', () => {
    const [older, newer] = [newKey(), newKey()];
    const sealed = seal(parseSealingKey(older), place, 'value');
    expect(openSealed(parseSealingKey(`${newer}\n${older}\n`), place, sealed)).toBe('value');
    expect(() => openSealed(parseSealingKey(newer), place, sealed)).toThrow(/not in the sealing key file/);
  });

  it.each(['', 'c2hvcnQ='])('refuses %j as a key', (text) => {
    expect(() => parseSealingKey(text)).toThrow(/32/);
  });
});
