import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout } from '../../deploy/local/directories.ts';

/** Requirements of levels 1 and 2 in the chapters that the table is of: how many each section has, but for those of level 3. */
const sections: Record<string, readonly number[]> = {
  '1.1': [1, 2],
  '1.2': [1, 2, 3, 4, 5, 6, 7, 8, 9],
  '1.3': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  '1.4': [1, 2, 3],
  '1.5': [1, 2],
  '2.1': [1, 2, 3],
  '2.2': [1, 2, 3],
  '2.3': [1, 2, 3, 4],
  '2.4': [1],
  '4.1': [1, 2, 3],
  '4.2': [1],
  '4.3': [1, 2],
  '4.4': [1, 2, 3, 4],
  '8.1': [1, 2],
  '8.2': [1, 2, 3],
  '8.3': [1],
  '8.4': [1],
  '16.1': [1],
  '16.2': [1, 2, 3, 4, 5],
  '16.3': [1, 2, 3, 4],
  '16.4': [1, 2, 3],
  '16.5': [1, 2, 3],
};
const required = Object.entries(sections).flatMap(([section, numbers]) =>
  numbers.map((number) => `v5.0.0-${section}.${number}`),
);

const text = readFileSync(join(checkout, 'docs/security/asvs.md'), 'utf8');
const [ofLevelTwo = '', ofLevelThree = ''] = text.split('## Met of level 3');
const rowsOf = (part: string): string[][] =>
  part
    .split('\n')
    .filter((line) => line.startsWith('| v5.0.0-'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
const testsIn = (cell: string | undefined): string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);

describe('the table of docs/security/asvs.md', () => {
  it('has every requirement of level 2 once', () => {
    expect(rowsOf(ofLevelTwo).map(([, id]) => id)).toEqual(required);
  });

  it.each(rowsOf(ofLevelTwo).map((row) => [row[1], row] as const))(
    'says of %s what proves it, or why nothing has to',
    (_id, [, , short, how = '', proof]) => {
      expect(short).not.toBe('');
      expect(how).not.toBe('');
      if (!/^(does not apply|gap)\b/.test(how)) expect(testsIn(proof)).not.toEqual([]);
    },
  );

  it('names files that are there, all of them tests', () => {
    const files = [
      ...rowsOf(ofLevelTwo).flatMap(([, , , , proof]) => testsIn(proof)),
      ...rowsOf(ofLevelThree).flatMap(([, , , proof]) => testsIn(proof)),
    ];
    const missing = files.filter((file) => !file.endsWith('.test.ts') || !existsSync(join(checkout, file)));
    expect(missing).toEqual([]);
  });
});
