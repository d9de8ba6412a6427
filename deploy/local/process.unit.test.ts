import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endLeftover, livingProcess, rememberProcess } from './process-identity.ts';
import { localProcess, startAndWait } from './process.ts';
import type { LocalProcess } from './process.ts';
import { waitUntil } from './wait-until.ts';

const directory = mkdtempSync(join(tmpdir(), 'process-'));
const started: LocalProcess[] = [];
afterEach(async () => {
  for (const running of started.splice(0)) await running.stop();
});
afterAll(() => rmSync(directory, { recursive: true }));

const forever = 'setInterval(() => undefined, 1000)';
const ignoring = `process.on('SIGTERM', () => undefined); console.log('ready'); ${forever}`;

function program(name: string, code: string, options: Parameters<typeof localProcess>[1] = {}): LocalProcess {
  const spec = { name, directory, command: process.execPath, args: ['-e', code], cwd: directory, env: process.env };
  const running = localProcess({ ...spec, stopSignal: 'SIGTERM', graceMs: 300 }, options);
  started.push(running);
  return running;
}

async function differsFrom(running: LocalProcess, pid: number | undefined): Promise<void> {
  if (running.pid() === undefined || running.pid() === pid) throw new Error('not started again yet');
}

describe('a local process', () => {
  it('is killed when it does not end by itself in time', async () => {
    const running = program('stubborn', ignoring);
    await running.start();
    const ready = async () => expect(readFileSync(join(directory, 'stubborn.log'), 'utf8')).toContain('ready');
    await waitUntil(ready, { timeoutMs: 5_000 });
    await running.stop();
    expect(running.pid()).toBeUndefined();
  });

  it('fails at once, with the end of its log, when it dies while it is waited for', async () => {
    const running = program('broken', "console.error('no such table'); process.exit(3)");
    const never = (signal: AbortSignal) =>
      waitUntil(() => Promise.reject(new Error('not ready')), { timeoutMs: 60_000, signal });
    await expect(startAndWait(running, never)).rejects.toThrow(/broken ended[^]*no such table/);
  });

  it('is started again when it dies by itself, but not after it was stopped', async () => {
    const said: string[] = [];
    const running = program('mortal', forever, { revive: (message) => said.push(message) });
    await running.start();
    const first = running.pid();
    process.kill(first ?? 0, 'SIGKILL');
    await waitUntil(() => differsFrom(running, first), { timeoutMs: 10_000 });
    expect(said).toEqual([expect.stringContaining('mortal ended (SIGKILL)')]);
    await running.stop();
    expect(running.pid()).toBeUndefined();
  });

  it('takes the place of one that a killed former run left behind', async () => {
    const former = spawn(process.execPath, ['-e', forever], { stdio: 'ignore' });
    await once(former, 'spawn');
    rememberProcess(join(directory, 'twice.pid'), former.pid ?? 0);
    const ended = once(former, 'exit');
    const running = program('twice', forever);
    await running.start();
    await ended;
    expect(running.pid()).not.toBe(former.pid);
  });
});

describe('a remembered process', () => {
  const pidFile = join(directory, 'remembered.pid');

  it('is known again while it lives', () => {
    rememberProcess(pidFile, process.pid);
    expect(livingProcess(pidFile)).toBe(process.pid);
  });

  it('is not mistaken for a later one with the same number', async () => {
    writeFileSync(pidFile, JSON.stringify({ pid: process.pid, startedAt: 'before' }));
    expect(livingProcess(pidFile)).toBeUndefined();
    await endLeftover(pidFile); // Would end this very process otherwise.
    expect(existsSync(pidFile)).toBe(false);
  });
});
