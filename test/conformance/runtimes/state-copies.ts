import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import type { InstanceRef, StateTool } from '../../../activities/runtimes/runtime.ts';
import { buildFence, never, patience, type Scene } from './scene.ts';

export const stateToolOf = ({ on }: Scene): StateTool => ({
  image: on.runs.image,
  user: { uid: 1000, gid: 1000 },
  leftOut: ['cache'],
});

const making = `
fs.mkdirSync(path.join(state, 'agents/main'), { recursive: true, mode: 0o700 });
fs.writeFileSync(path.join(state, 'agents/main/agent.sqlite'), require('node:crypto').randomBytes(12_000_000), { mode: 0o600 });
fs.writeFileSync(path.join(state, 'tool.sh'), '#!/bin/sh', { mode: 0o755 });
fs.writeFileSync(path.join(state, 'name with spaces and ümlaut'), 'x', { mode: 0o440 });
fs.symlinkSync('agents/main/agent.sqlite', path.join(state, 'current'));
fs.mkdirSync(path.join(state, 'empty'));
fs.mkdirSync(path.join(state, 'cache'));
fs.writeFileSync(path.join(state, 'cache/large'), 'left out');`;

const changing = `
fs.rmSync(path.join(state, 'agents'), { recursive: true });
fs.writeFileSync(path.join(state, 'newer'), 'made by a newer version');
fs.writeFileSync(path.join(state, 'tool.sh'), 'changed');`;

/** All but the journal, which goes on. */
const listing = `
const list = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  const at = path.join(folder, entry.name), { mode, size, uid } = fs.lstatSync(at);
  if (['lost+found', 'journal'].includes(entry.name)) return [];
  const own = { at: path.relative(state, at), mode: mode.toString(8), ownUser: uid === process.getuid() };
  if (entry.isSymbolicLink()) return [{ ...own, to: fs.readlinkSync(at) }];
  if (entry.isDirectory()) return [own, ...list(at)];
  const sha = require('node:crypto').createHash('sha256').update(fs.readFileSync(at)).digest('hex');
  return [{ ...own, size, sha }];
}).sort((one, other) => one.at < other.at ? -1 : 1);
return list(state);`;

export function describeStateCopies(scene: Scene): void {
  describe('a copy of the state', () => {
    const read = async (ref: InstanceRef): Promise<Buffer> =>
      buffer(await scene.on.runtime.readState(ref, stateToolOf(scene), never));
    const hashOf = (content: Buffer) => createHash('sha256').update(content).digest('hex');
    const write = (ref: InstanceRef, content: Readable, sha256: string, generation = 1): Promise<void> =>
      scene.on.runtime.writeState(ref, stateToolOf(scene), { content, sha256 }, buildFence(generation), never);
    const listed = (ref: InstanceRef) => scene.tell<{ at: string }[]>(ref, listing);

    it('is whole, and put back in the place of all that came since, here and elsewhere', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, making);
      const before = (await listed(ref)).filter(({ at }) => !at.startsWith('cache'));
      await scene.rest(ref);
      const things = async () => (await scene.on.remains()).filter((name) => name.includes(ref.instanceId)).toSorted();
      // Among them may be what has ended, and is about to be cleared away.
      const thingsBefore = await things();
      const archive = await read(ref);
      expect(archive.length).toBeGreaterThan(12_000_000);
      const added = async () => (await things()).filter((name) => !thingsBefore.includes(name));
      await vi.waitFor(async () => expect(await added()).toEqual([]), patience);
      expect(await scene.observe(ref)).toMatchObject({ power: 'off', processPresent: false, generation: 1 });

      await scene.wake(ref);
      await scene.tell(ref, changing);
      await scene.rest(ref);
      await write(ref, Readable.from([archive]), hashOf(archive));
      await scene.wake(ref);
      expect(await listed(ref)).toEqual(before);

      const other = await scene.place(test);
      await write(other, Readable.from([archive]), hashOf(archive));
      await scene.wake(other);
      expect(await listed(other)).toEqual(before);
    });

    it('that is another one, or breaks off, leaves the state as it is', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, making);
      await scene.rest(ref);
      const archive = await read(ref);
      await scene.wake(ref);
      await scene.tell(ref, changing);
      const before = await listed(ref);
      await scene.rest(ref);
      const half = archive.subarray(0, archive.length / 2);
      async function* breaking(): AsyncGenerator<Buffer> {
        yield half;
        throw new Error('the storage is gone');
      }
      const failed = { code: 'backup.failed' };
      await expect(write(ref, Readable.from([archive]), hashOf(randomBytes(9)))).rejects.toMatchObject(failed);
      await expect(write(ref, Readable.from([half]), hashOf(half))).rejects.toMatchObject(failed);
      const noArchive = randomBytes(5000);
      await expect(write(ref, Readable.from([noArchive]), hashOf(noArchive))).rejects.toMatchObject(failed);
      await expect(write(ref, Readable.from(breaking()), hashOf(archive))).rejects.toThrow();
      await scene.wake(ref);
      expect(await listed(ref)).toEqual(before);
    });

    it('is neither made nor put back while a process is there', async (test) => {
      const ref = await scene.start(test);
      const conflict = { code: 'instance.state-conflict' };
      await expect(read(ref)).rejects.toMatchObject(conflict);
      const content = Buffer.from('x');
      await expect(write(ref, Readable.from([content]), hashOf(content))).rejects.toMatchObject(conflict);
      expect(await scene.observe(ref)).toMatchObject({ ready: true, restarts: 0 });
    });

    it('is not written by an attempt that was overtaken', async (test) => {
      const ref = await scene.place(test);
      const archive = await read(ref);
      await scene.on.runtime.power(ref, 'off', buildFence(2), never);
      const late = write(ref, Readable.from([archive]), hashOf(archive), 1);
      await expect(late).rejects.toMatchObject({ code: 'operation.superseded' });
      await write(ref, Readable.from([archive]), hashOf(archive), 2);
    });
  });
}
