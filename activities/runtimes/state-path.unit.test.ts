import { describe, expect, it } from 'vitest';
import { namesAlong } from './state-path.ts';

describe('a path within a state', () => {
  it.each([
    ['', []],
    ['file', ['file']],
    ['a folder/ü/..., $(x)', ['a folder', 'ü', '..., $(x)']],
    ['-rf/\n', ['-rf', '\n']],
  ])('%j is walked name by name', (path, names) => {
    expect(namesAlong(path)).toEqual(names);
  });

  it.each(['/', '/etc/passwd', 'a/', 'a//b', '.', './a', 'a/.', '..', '../a', 'a/../../b', 'a\0b', 'ü'.repeat(128)])(
    '%j is refused',
    (path) => {
      expect(() => namesAlong(path)).toThrow(expect.objectContaining({ code: 'file.path-refused' }));
    },
  );

  it('is refused when no file system could walk it', () => {
    expect(() => namesAlong('a/'.repeat(2500) + 'a')).toThrow(expect.objectContaining({ code: 'file.path-refused' }));
  });
});
