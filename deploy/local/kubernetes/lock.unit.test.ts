import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tryLock, withLock } from './lock.ts';
import { processIdentity } from './process-identity.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'occ-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is had by one at a time, and leaves no file', () => {
  const lock = tryLock(path);
  expect(tryLock(path)).toEqual({ heldBy: process.pid });
  if ('release' in lock) lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('tells which process has it', () => {
  writeFileSync(path, processIdentity(process.ppid) ?? '');
  expect(tryLock(path)).toEqual({ heldBy: process.ppid });
});

it.each([
  ['that died', () => spawnSync('true').pid],
  ['whose number another one has now', () => process.ppid],
])('is taken over from a process %s', (_, pid) => {
  writeFileSync(path, `${pid()} 1 an-earlier-boot`);
  expect(tryLock(path)).toHaveProperty('release');
  expect(readdirSync(folder)).toEqual(['lock']);
});

it('lets work wait for its turn, and goes on when work fails', async () => {
  const order: string[] = [];
  const failing = withLock(path, async () => {
    order.push('first');
    throw new Error('failed');
  });
  const waiting = withLock(path, async () => order.push('second'), { onWait: () => order.push('waiting') });
  await expect(failing).rejects.toThrow('failed');
  await waiting;
  expect(order).toEqual(['first', 'waiting', 'second']);
});
