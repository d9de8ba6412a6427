import { expect, it } from 'vitest';
import { diffDocuments } from './diff-documents.ts';

it('names every place that differs, and how', () => {
  const from = { a: 1, b: { c: [1, 2], d: 'x' }, 'e/f': null, same: { in: ['any', 'order'], of: 1 } };
  const to = { a: 1, b: { c: [1, 3, 4], d: { now: 'an object' } }, g: [], same: { of: 1, in: ['any', 'order'] } };
  expect(diffDocuments(from, to)).toEqual([
    { pointer: '/b/c/1', kind: 'changed', from: 2, to: 3 },
    { pointer: '/b/c/2', kind: 'added', to: 4 },
    { pointer: '/b/d', kind: 'changed', from: 'x', to: { now: 'an object' } },
    { pointer: '/e~1f', kind: 'removed', from: null },
    { pointer: '/g', kind: 'added', to: [] },
  ]);
  expect(diffDocuments(from, structuredClone(from))).toEqual([]);
});
