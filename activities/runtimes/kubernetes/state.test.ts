import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InstanceRef, StateTool } from '../runtime.ts';
import { joinCluster, type TestCluster } from './testing/cluster.ts';
import { namespaceOf, objectNameOf } from './names.ts';
import { buildFence } from './testing/fence.ts';
import { buildRunnable, withoutNode } from './testing/node.ts';
import { buildRef } from './testing/workload.ts';

/** Runs what it is told to, beside its state. */
const obedient = `
process.on('SIGTERM', () => process.exit(0));
const fs = require('node:fs'), path = require('node:path'), crypto = require('node:crypto');
const list = (folder = '/state') => fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  const at = path.join(folder, entry.name), { mode, uid, gid, size } = fs.lstatSync(at);
  if (entry.name === 'lost+found') return [];
  const own = { at, mode: mode.toString(8), uid, gid };
  if (entry.isSymbolicLink()) return [{ ...own, to: fs.readlinkSync(at) }];
  if (entry.isDirectory()) return [own, ...list(at)];
  return [{ ...own, size, sha: crypto.createHash('sha256').update(fs.readFileSync(at)).digest('hex') }];
}).sort((one, other) => one.at < other.at ? -1 : 1);
require('node:http').createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  if (request.method !== 'POST') return response.end();
  response.end(JSON.stringify(await eval(body) ?? null));
}).listen(8080);`;

const making = `
fs.mkdirSync('/state/agents/main', { recursive: true, mode: 0o700 });
fs.writeFileSync('/state/agents/main/agent.sqlite', crypto.randomBytes(12_000_000), { mode: 0o600 });
fs.writeFileSync('/state/tool.sh', '#!/bin/sh', { mode: 0o755 });
fs.writeFileSync('/state/name with spaces and ümlaut', 'x', { mode: 0o440 });
fs.symlinkSync('agents/main/agent.sqlite', '/state/current');
fs.mkdirSync('/state/empty');
fs.mkdirSync('/state/cache');
fs.writeFileSync('/state/cache/large', 'left out');
list()`;

const changing = `
fs.rmSync('/state/agents', { recursive: true });
fs.writeFileSync('/state/newer', 'made by a newer version');
fs.writeFileSync('/state/tool.sh', 'changed');
list()`;

const tool: StateTool = {
  image: process.env['TEST_OPENCLAW_IMAGE'] ?? '',
  user: { uid: 1000, gid: 1000 },
  leftOut: ['cache'],
};

describe.skipIf(withoutNode)(`the state of an instance on a real node${withoutNode}`, { timeout: 120_000 }, () => {
  let on: TestCluster;
  let ref: InstanceRef;
  let archive: Buffer;
  let before: unknown;
  beforeAll(async () => {
    on = await joinCluster();
    ref = buildRef(on.tenantId, 'stateful');
    await on.runtime.ensureInstance(
      ref,
      buildRunnable({ command: ['node', '-e', obedient] }),
      buildFence(1),
      on.signal,
    );
    before = await running(making);
  }, 120_000);
  afterAll(() => on?.leave());

  const observe = () => on.runtime.observe(ref, on.signal);
  const running = async (what: string): Promise<unknown> => {
    await on.runtime.power(ref, 'on', buildFence(1), on.signal);
    await vi.waitFor(async () => expect(await observe()).toMatchObject({ ready: true }), { timeout: 60_000 });
    const call = { method: 'POST' as const, path: '/', body: what, timeoutMs: 20_000 };
    const { body } = await on.runtime.reach(ref, 8080, call, on.signal);
    await on.runtime.power(ref, 'off', buildFence(1), on.signal);
    await vi.waitFor(async () => expect(await observe()).toMatchObject({ processPresent: false }), { timeout: 60_000 });
    return JSON.parse(body);
  };
  const write = (content: Buffer, sha256: string, generation = 1) =>
    on.runtime.writeState(ref, tool, { content: Readable.from([content]), sha256 }, buildFence(generation), on.signal);
  const hashOf = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  const podIsGone = () =>
    vi.waitFor(
      async () => {
        const name = `${objectNameOf(ref.instanceId)}-state`;
        expect(await on.cluster.get('Pod', namespaceOf(ref.tenantId), name, on.signal)).toBeUndefined();
      },
      { timeout: 30_000 },
    );

  it('is copied whole while no process is there, and leaves nothing behind', async () => {
    archive = await buffer(await on.runtime.readState(ref, tool, on.signal));
    expect(archive.length).toBeGreaterThan(12_000_000);
    await podIsGone();
  });

  it('stays as it is when what comes is not what was announced, or breaks off', async () => {
    const after = await running(changing);
    await expect(write(archive, hashOf(randomBytes(9)))).rejects.toMatchObject({ code: 'backup.failed' });
    const half = archive.subarray(0, archive.length / 2);
    await expect(write(half, hashOf(half))).rejects.toMatchObject({ code: 'backup.failed' });
    async function* breaking() {
      yield half;
      throw new Error('the storage is gone');
    }
    const broken = { content: Readable.from(breaking()), sha256: hashOf(archive) };
    await expect(on.runtime.writeState(ref, tool, broken, buildFence(1), on.signal)).rejects.toThrow();
    expect(await running('list()')).toEqual(after);
  });

  it('is put back with the owners and modes of before, and nothing of what came since', async () => {
    await write(archive, hashOf(archive));
    await podIsGone();
    const left = (before as { at: string }[]).filter(({ at }) => !at.startsWith('/state/cache'));
    expect(await running('list()')).toEqual(left);
    expect(left.map(({ at }) => at)).toContain('/state/current');
  });

  it('is not written by an attempt that was overtaken', async () => {
    await on.runtime.power(ref, 'off', buildFence(2), on.signal);
    await expect(write(archive, hashOf(archive), 1)).rejects.toMatchObject({ code: 'operation.superseded' });
  });
});
