import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureDataDirectory } from './data-directory.ts';
import { reset } from './reset.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'occ-reset-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

it('a reset deletes what a start has made', async () => {
  const data = join(place, 'data');
  ensureDataDirectory(data);
  writeFileSync(join(data, 'port'), '8080');
  await reset(data);
  expect(existsSync(data)).toBe(false);
  await reset(data);
});

it('a reset deletes no directory that held other things, whether or not a start was made there', async () => {
  const thesis = join(place, 'thesis.tex');
  writeFileSync(thesis, 'Years of work');
  await expect(reset(place)).rejects.toThrow(/not deleted/);
  ensureDataDirectory(place);
  writeFileSync(join(place, 'start.pid'), '{}');
  await expect(reset(place)).rejects.toThrow(/not deleted/);
  expect(readdirSync(place)).toEqual(['start.pid', 'thesis.tex']);
});
