import { Problem } from '../../workflows/contracts/problem.ts';

const longestNameBytes = 255;
const longestPathBytes = 4_000;

/**
 * The names along a path within an instance's state, none for its top. What it leads to, over links too, is for whoever
 * walks it. @throws Problem 'file.path-refused' for what can be no path below the top
 */
export function namesAlong(path: string): string[] {
  const names = path === '' ? [] : path.split('/');
  const isName = (name: string): boolean =>
    name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= longestNameBytes;
  if (path.includes('\0') || Buffer.byteLength(path) > longestPathBytes || !names.every(isName)) {
    throw new Problem('file.path-refused');
  }
  return names;
}
