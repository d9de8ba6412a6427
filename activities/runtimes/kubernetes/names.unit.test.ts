import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { labelValueOf, namespaceOf, objectNameOf, oneShotNameOf } from './names.ts';

const labelValue = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const objectName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

describe('names of objects', () => {
  it('come from the id', () => {
    expect(namespaceOf('0198-a')).toBe('occ-0198-a');
    expect(objectNameOf('0198-a')).toBe('i-0198-a');
  });

  it.each(['', '../kube-system', 'a/b', 'A', 'a.b', 'a b', '-a', 'a-', 'x'.repeat(41), 'ä', 'a\n'])(
    'are refused for the id %j',
    (id) => {
      expect(() => namespaceOf(id)).toThrow(/cluster\.refused/);
      expect(() => objectNameOf(id)).toThrow(/cluster\.refused/);
    },
  );

  it('become a label whatever people call a thing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => labelValue.test(labelValueOf(text))),
    );
    expect(labelValueOf('Zoë’s agent / 2')).toBe('Zo-s-agent-2');
  });

  it('of one-shots are names, the same for the same job and others for others', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (name, other) => {
        expect(oneShotNameOf({ name })).toMatch(objectName);
        expect(oneShotNameOf({ name })).toBe(oneShotNameOf({ name }));
        expect(oneShotNameOf({ name }) === oneShotNameOf({ name: other })).toBe(name === other);
      }),
    );
  });
});
