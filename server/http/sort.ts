import type { Sort } from './list.ts';

/** `name` or `-name` (downwards) as the keys that the list declares for that word. */
export const sortOf = <Word extends string>(keys: Record<Word, Sort['keys']>, sort: Word | `-${Word}`): Sort => ({
  keys: keys[(sort.startsWith('-') ? sort.slice(1) : sort) as Word],
  descending: sort.startsWith('-'),
});
