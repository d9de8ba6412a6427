import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { ensureDataDirectory } from './data-directory.ts';
import { livingProcess, rememberProcess } from './process-identity.ts';
import { requireOwnDatabase, reset } from './reset.ts';

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

it.each([
  'api.pid',
  'echo-model/echo-model.pid',
  'object-storage/object-storage.pid',
  'temporal/temporal.pid',
  'postgres/postgres.pid',
])('a reset ends first what a killed start has left running: %s', async (file) => {
  const data = join(place, 'data');
  ensureDataDirectory(data);
  mkdirSync(dirname(join(data, file)), { recursive: true });
  const left = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void left.kill('SIGKILL'));
  const ended = once(left, 'exit');
  rememberProcess(join(data, file), left.pid as number);
  expect(livingProcess(join(data, file))).toBe(left.pid);
  await reset(data);
  await ended;
  expect(existsSync(data)).toBe(false);
});

it('a reset does not part a database that was given from the keys that belong to it', () => {
  expect(() => requireOwnDatabase('/data', 'postgres://somewhere/occ')).toThrow(/DATABASE_URL[^]*--data DIR/);
  expect(() => requireOwnDatabase('/data', undefined)).not.toThrow();
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
