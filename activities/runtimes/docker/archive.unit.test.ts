import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { archiveOf, filesOf, foldersAbove, readOnlyFiles, requireInside } from './archive.ts';

describe('an archive in memory', () => {
  it('gives back what was put in, long names and all', async () => {
    const files = {
      'agent.json': '{"a":"ü 😀"}',
      empty: '',
      [`${'deep/'.repeat(60)}${'x'.repeat(120)}`]: 'x'.repeat(1000),
    };
    const archive = archiveOf(readOnlyFiles('', files));
    expect(archive.length % 512).toBe(0);
    expect(Object.fromEntries(await filesOf(Readable.from([archive])))).toEqual(files);
  });

  it('has each folder once, and above what is in it', () => {
    expect(foldersAbove(['a/b/c', 'a/d', 'e'])).toEqual(['a', 'a/b']);
  });

  it('takes no name that leads out of its folder', () => {
    for (const path of ['', '/etc/passwd', '..', '../x', 'a/../../x', './a', 'a//b', 'a\0b', '.']) {
      expect(() => requireInside(path)).toThrow('cannot be called');
    }
    for (const path of ['a', 'a/b', '..data-of-mine', '.hidden']) expect(requireInside(path)).toBe(path);
  });
});
