import { expect, it } from 'vitest';
import { Lru } from './lru.ts';

it('keeps what was used last, and forgets what was not used for longest', () => {
  const kept = new Lru<string, number>(2);
  kept.set('a', 1);
  kept.set('b', 2);
  expect(kept.get('a')).toBe(1);
  kept.set('c', 3);
  expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual([1, undefined, 3]);
});

it('takes a new value for what it keeps already without forgetting another', () => {
  const kept = new Lru<string, number>(2);
  kept.set('a', 1);
  kept.set('b', 2);
  kept.set('a', 3);
  expect([kept.get('a'), kept.get('b')]).toEqual([3, 2]);
});

it('forgets one, or everything, when it is told to', () => {
  const kept = new Lru<string, number>(2);
  kept.set('a', 1);
  kept.set('b', 2);
  kept.delete('a');
  expect([kept.get('a'), kept.get('b')]).toEqual([undefined, 2]);
  kept.clear();
  expect(kept.get('b')).toBeUndefined();
});
