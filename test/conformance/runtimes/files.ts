import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import type { InstanceRef } from '../../../activities/runtimes/runtime.ts';
import { buildFence, codeOf, never, patience, type Scene } from './scene.ts';

const refused = { code: 'file.path-refused' };
const unknown = { code: 'file.unknown' };

/** Each leads out, or would be something else to another program. */
const hostilePaths = [
  '..',
  '../x',
  'folder/../../x',
  'folder/..',
  '/etc/passwd',
  '/',
  './folder',
  'folder//inner',
  'folder/',
  'a\0b',
  'x'.repeat(300),
  'deep/'.repeat(1500) + 'x',
  'leads-out',
  'leads-out/passwd',
  'leads-up/x',
];

const making = `
fs.mkdirSync(path.join(state, 'folder/inner'), { recursive: true });
fs.writeFileSync(path.join(state, 'folder/inner/file'), 'content ü');
fs.writeFileSync(path.join(state, 'folder/empty'), '');
fs.symlinkSync('folder/inner/file', path.join(state, 'leads-to-file'));
fs.symlinkSync('folder', path.join(state, 'leads-to-folder'));
fs.symlinkSync('/etc', path.join(state, 'leads-out'));
fs.symlinkSync('..', path.join(state, 'leads-up'));
fs.symlinkSync('/etc/passwd', path.join(state, 'folder/leads-out'));
fs.symlinkSync('nowhere', path.join(state, 'dangling'));
childProcess.execFileSync('mkfifo', [path.join(state, 'pipe')]);`;

export function describeFiles(scene: Scene): void {
  describe('the files of an instance', () => {
    const list = (ref: InstanceRef, path: string) => scene.inside.listFiles(ref, path, never);
    const read = async (ref: InstanceRef, path: string) => text(await scene.inside.readFile(ref, path, never));
    const write = (ref: InstanceRef, path: string, content: Readable | string, generation = 1) =>
      scene.inside.writeFile(ref, path, Readable.from(content), buildFence(generation), never);
    const remove = (ref: InstanceRef, path: string) => scene.inside.removeFile(ref, path, buildFence(1), never);

    it('are listed, each for what it is, while the agent runs and while it does not', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, making);
      const listed = await list(ref, '');
      const kinds = Object.fromEntries(listed.map(({ name, kind }) => [name, kind]));
      expect(kinds).toEqual({
        journal: 'file',
        folder: 'folder',
        'leads-to-file': 'link',
        'leads-to-folder': 'link',
        'leads-out': 'link',
        'leads-up': 'link',
        dangling: 'link',
        pipe: 'other',
      });
      expect(listed.map(({ name }) => name)).toEqual(Object.keys(kinds).toSorted());
      const inner = await list(ref, 'folder/inner');
      expect(inner).toEqual([
        { name: 'file', kind: 'file', sizeBytes: 10, modifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
      ]);
      expect(await list(ref, 'leads-to-folder')).toEqual(await list(ref, 'folder'));
      await expect(list(ref, 'nowhere')).rejects.toMatchObject(unknown);
      await expect(list(ref, 'folder/empty')).rejects.toMatchObject(refused);
      await scene.rest(ref);
      expect(await list(ref, 'folder/inner')).toEqual(inner);
      expect(await read(ref, 'leads-to-file')).toBe('content ü');
      await write(ref, 'while resting', 'x');
      await scene.wake(ref);
      expect(await scene.tell(ref, 'return fs.readFileSync(path.join(state, "while resting"), "utf8")')).toBe('x');
    });

    it('are read as they are, large ones too, and nothing else is', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, making);
      expect(await read(ref, 'folder/inner/file')).toBe('content ü');
      expect(await read(ref, 'leads-to-file')).toBe('content ü');
      expect(await read(ref, 'folder/empty')).toBe('');
      const content = randomBytes(12_000_000);
      await write(ref, 'large', Readable.from([content]));
      expect((await buffer(await scene.inside.readFile(ref, 'large', never))).equals(content)).toBe(true);
      for (const path of ['nowhere', 'folder/nowhere', 'nowhere/x', 'dangling']) {
        await expect(read(ref, path)).rejects.toMatchObject({ code: expect.stringMatching(/^file\./) });
      }
      for (const path of ['', 'folder', 'pipe', 'folder/leads-out']) {
        await expect(read(ref, path)).rejects.toMatchObject(refused);
      }
    });

    it('are written whole or not at all, and are the agent’s own', async (test) => {
      const ref = await scene.start(test);
      await write(ref, 'new/folders/file ü "quoted" $(x)', 'first');
      await write(ref, 'new/folders/file ü "quoted" $(x)', 'second');
      expect(await read(ref, 'new/folders/file ü "quoted" $(x)')).toBe('second');
      await write(ref, 'empty', '');
      expect(await read(ref, 'empty')).toBe('');
      const own = await scene.tell<[number, number, number]>(
        ref,
        'return [process.getuid(), fs.statSync(path.join(state, "empty")).uid, fs.statSync(path.join(state, "new")).uid]',
      );
      expect(own).toEqual([own[0], own[0], own[0]]);

      async function* breaking(): AsyncGenerator<Buffer> {
        yield Buffer.alloc(1_000_000, 'x');
        throw new Error('the browser is gone');
      }
      await expect(write(ref, 'empty', Readable.from(breaking()))).rejects.toThrow('the browser is gone');
      await expect(write(ref, 'half/of-it', Readable.from(breaking()))).rejects.toThrow('the browser is gone');
      expect(await read(ref, 'empty')).toBe('');
      const everything =
        'return fs.readdirSync(state, { recursive: true }).filter((name) => !/journal/.test(name)).sort()';
      const left = ['empty', 'new', 'new/folders', 'new/folders/file ü "quoted" $(x)'];
      await vi.waitFor(
        async () =>
          expect((await scene.tell<string[]>(ref, everything)).filter((name) => name !== 'half')).toEqual(left),
        patience,
      );
    });

    it('are removed, folders with all in them, and links without what they lead to', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, making);
      await remove(ref, 'leads-to-folder');
      await remove(ref, 'folder/leads-out');
      expect(await read(ref, 'folder/inner/file')).toBe('content ü');
      await remove(ref, 'folder');
      await remove(ref, 'folder');
      await remove(ref, 'nowhere/at/all');
      await remove(ref, 'leads-out');
      await remove(ref, 'pipe');
      expect((await list(ref, '')).map(({ name }) => name)).toEqual([
        'dangling',
        'journal',
        'leads-to-file',
        'leads-up',
      ]);
      await expect(remove(ref, '')).rejects.toMatchObject(refused);
      expect(await scene.tell(ref, 'return fs.existsSync("/etc/passwd")')).toBe(true);
    });

    it('are below the state alone, whatever path is named', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, making);
      const outcomes: string[] = [];
      for (const path of hostilePaths) {
        const attempts = {
          list: codeOf(list(ref, path)),
          read: codeOf(read(ref, path)),
          write: codeOf(write(ref, path, 'x')),
        };
        // The link itself may go.
        const removal = path === 'leads-out' ? {} : { remove: codeOf(remove(ref, path)) };
        for (const [what, attempt] of Object.entries({ ...attempts, ...removal })) {
          const code = await attempt;
          if (code !== refused.code) outcomes.push(`${what} ${path.slice(0, 40)}: ${code}`);
        }
      }
      expect(outcomes).toEqual([]);
      await expect(write(ref, 'folder', 'x')).rejects.toMatchObject(refused);
      await expect(write(ref, 'folder/leads-out', 'x')).rejects.toMatchObject(refused);
      await expect(write(ref, 'pipe', 'x')).rejects.toMatchObject(refused);
      await expect(write(ref, 'folder/inner/file/below', 'x')).rejects.toMatchObject(refused);
    });
  });
}
