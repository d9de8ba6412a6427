import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkout } from '../../deploy/local/directories.ts';

/** Of each section, how many requirements are of the levels 1 and 2: those come first everywhere in these chapters. */
const upToLevel2 = {
  '1.1': 2,
  '1.2': 9,
  '1.3': 11,
  '1.4': 3,
  '1.5': 2,
  '2.1': 3,
  '2.2': 3,
  '2.3': 4,
  '2.4': 1,
  '4.1': 3,
  '4.2': 1,
  '4.3': 2,
  '4.4': 4,
  '8.1': 2,
  '8.2': 3,
  '8.3': 1,
  '8.4': 1,
  '16.1': 1,
  '16.2': 5,
  '16.3': 4,
  '16.4': 3,
  '16.5': 3,
};

const page = readFileSync(`${checkout}/docs/security/asvs.md`, 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| v'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
  .map(([id = '', level = '', requirement = '', how = '', proof = '', ...more]) => ({
    id,
    level,
    requirement,
    how,
    proof,
    more,
  }));
const named = rows.map((row) => [row.id, row] as const);

describe('the table of ASVS', () => {
  it('has each requirement of the levels 1 and 2 once, by the id that it has in version 5.0.0', () => {
    const wanted = Object.entries(upToLevel2).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, at) => `v5.0.0-${section}.${at + 1}`),
    );
    expect(rows.map(({ id }) => id)).toEqual(wanted);
  });

  it.each(named)('says of %s what it is, and how it is met, why it does not apply or what is missing', (_id, row) => {
    expect(row.more).toEqual([]);
    expect(row.level).toMatch(/^[12]$/);
    expect(row.requirement).not.toBe('');
    if (row.proof.startsWith('does not apply: ')) return;
    expect(row.how).not.toBe('');
    if (row.proof.startsWith('gap: ')) return;
    expect(row.proof).toMatch(/^`[^`]+\.test\.ts`/);
  });

  it.each(named)('names for %s tests that there are', (_id, { how, proof }) => {
    const tests = [...`${how} ${proof}`.matchAll(/`([^`]+\.test\.ts)`(?: “([^”]+)”)?/g)];
    const missing = tests.filter(([, file = '', sentence = '']) => {
      if (!existsSync(`${checkout}/${file}`)) return true;
      return !readFileSync(`${checkout}/${file}`, 'utf8').includes(`'${sentence}`);
    });
    expect(missing.map(([text]) => text)).toEqual([]);
  });

  it('leads to pages that there are', () => {
    const links = [...page.matchAll(/\]\(((?!https:)[^)#]+)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((path) => !existsSync(`${checkout}/docs/security/${path}`))).toEqual([]);
  });
});
