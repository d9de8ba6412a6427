import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, rememberedPort, takePort } from './ports.ts';

const taken: Server[] = [];
const directories: string[] = [];
afterEach(async () => {
  await Promise.all(taken.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

async function take(port: number): Promise<void> {
  const server = createServer();
  taken.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

function file(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ports-'));
  directories.push(directory);
  return join(directory, 'port');
}

describe('a port', () => {
  it('is the wanted one while that is free, else a free one above it', async () => {
    const wanted = await freePort();
    expect(await freePort(wanted)).toBe(wanted);
    await take(wanted);
    expect(await freePort(wanted)).toBeGreaterThan(wanted);
  });

  it('is the same again at the next start', async () => {
    const state = file();
    const first = await rememberedPort(state);
    expect(await rememberedPort(state)).toBe(first);
  });

  it('is the one that is asked for by name, also where another was used before', async () => {
    const state = file();
    await rememberedPort(state);
    const named = await freePort();
    expect(await takePort(state, named)).toBe(named);
    expect(await rememberedPort(state)).toBe(named);
  });

  it('is another one, which is then remembered, when somebody took it meanwhile', async () => {
    const state = file();
    const first = await rememberedPort(state);
    await take(first);
    const second = await rememberedPort(state);
    expect(second).not.toBe(first);
    expect(readFileSync(state, 'utf8')).toBe(String(second));
  });
});
