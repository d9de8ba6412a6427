import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { cacheDirectory } from '../../../deploy/local/directories.ts';
import { buildDocker } from '../../../test/platform/engines/docker.ts';
import type { TestEngine } from '../../../test/platform/engines/engine.ts';
import { ensureTestImage } from '../../../test/platform/engines/image.ts';
import { buildFence } from '../kubernetes/testing/fence.ts';
import type { InstanceRef, ObservedInstance } from '../runtime.ts';
import { joinEngine, never, patience, withoutEngine } from './testing/engine.ts';

/** Tells which process answers, and how many have begun on this state so far. */
const counting = `
process.on('SIGTERM', () => process.exit(0));
const fs = require('node:fs');
fs.appendFileSync('/state/starts', 'x');
require('node:http').createServer((request, response) => {
  response.end(String(fs.readFileSync('/state/starts').length));
}).listen(8080);`;

describe.skipIf(withoutEngine)(`an engine that is killed${withoutEngine}`, { timeout: 240_000 }, () => {
  let server: TestEngine | undefined;
  afterEach(() => server?.stop(), 120_000);

  it.for([
    { liveRestore: false, starts: '2' },
    { liveRestore: true, starts: '1' },
  ])('brings back what was on, leaves off what was off (%o)', async ({ liveRestore, starts }) => {
    const directory = mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? '', 'd'));
    server = buildDocker(directory, { packetFilter: false, liveRestore });
    await server.start();
    await server.load((await ensureTestImage(cacheDirectory())).archive);
    const on = await joinEngine(server.socketPath);
    const command = ['node', '-e', counting];
    const [running, resting, killed] = [await on.start({ command }), await on.start(), await on.start()];
    await on.runtime.power(resting, 'off', buildFence(2), never);
    await on.runtime.kill(killed, buildFence(2), never);
    await on.becomes(resting, { processPresent: false });

    const stop = new AbortController();
    const snapshots: ObservedInstance[][] = [];
    const losses: unknown[] = [];
    const watching = on.runtime.watch(
      {
        onSnapshot: (all) => void snapshots.push(all),
        onChange: () => undefined,
        onLost: (error) => void losses.push(error),
      },
      stop.signal,
    );
    await vi.waitFor(() => expect(snapshots).toHaveLength(1), patience);

    await server.process.kill('SIGKILL');
    await expect(on.runtime.observe(running, never)).rejects.toMatchObject({ code: 'cluster.unavailable' });
    await server.start();
    await on.becomes(running, { ready: true, current: true, power: 'on' });
    const answer = (ref: InstanceRef) =>
      on.runtime.reach(ref, 8080, { method: 'GET', path: '/', timeoutMs: 5000 }, never);
    expect((await answer(running)).body).toBe(starts);
    for (const ref of [resting, killed]) {
      expect(await on.runtime.observe(ref, never)).toMatchObject({ power: 'off', processPresent: false });
      expect(await on.processesOf(ref)).toEqual([]);
    }
    await vi.waitFor(() => expect(snapshots.length).toBeGreaterThan(1), patience);
    expect(losses[0]).toMatchObject({ code: 'cluster.unavailable' });
    expect(snapshots.at(-1)).toHaveLength(3);
    stop.abort();
    await watching;

    await on.runtime.power(running, 'off', buildFence(2), never);
    await on.becomes(running, { power: 'off', processPresent: false });
    await on.leave();
  });
});
