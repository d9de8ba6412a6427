import { describe, expect, it } from 'vitest';
import { movedImage } from './moved-image.ts';

const one = `sha256:${'1'.repeat(64)}`;
const other = `sha256:${'2'.repeat(64)}`;
const tag = 'openclaw:1';
const byDigest = `${tag}@${one}`;

describe('an image that runs', () => {
  it('with the digest of its version is as it should be, wherever it was pulled from', () => {
    const running = { image: byDigest, digest: one, pinned: null };
    expect(movedImage({ ...running, found: `openclaw@${one}` })).toEqual([]);
    expect(movedImage({ ...running, found: `mirror.example.com/openclaw@${one}` })).toEqual([]);
    expect(movedImage({ ...running, found: `openclaw@${other}` })).toEqual([
      { what: 'image', wanted: byDigest, found: `openclaw@${other}` },
    ]);
  });

  it('by a tag is what it was when it was looked at first', () => {
    const running = { image: tag, digest: null };
    expect(movedImage({ ...running, pinned: null, found: `openclaw@${one}` })).toEqual([]);
    expect(movedImage({ ...running, pinned: `openclaw@${one}`, found: `openclaw@${one}` })).toEqual([]);
    expect(movedImage({ ...running, pinned: `openclaw@${one}`, found: `openclaw@${other}` })).toEqual([
      { what: 'image', wanted: `${tag} as ${one}`, found: `openclaw@${other}` },
    ]);
  });

  it('that was brought to the node has a hash of another kind, which only its like can be held against', () => {
    expect(movedImage({ image: byDigest, digest: one, pinned: null, found: other })).toEqual([]);
    expect(movedImage({ image: byDigest, digest: one, pinned: other, found: other })).toEqual([]);
    expect(movedImage({ image: tag, digest: null, pinned: other, found: one })).toHaveLength(1);
  });

  it('may be whatever it is where nothing runs', () => {
    expect(movedImage({ image: tag, digest: one, pinned: other, found: null })).toEqual([]);
  });
});
