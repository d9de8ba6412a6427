import { describe, expect, it, vi } from 'vitest';
import type { Command, CommandResult } from '../../../activities/runtimes/inside.ts';
import type { InstanceRef } from '../../../activities/runtimes/runtime.ts';
import { codeOf, never, patience, type Scene } from './scene.ts';
import { growth } from './power.ts';

const mebibyte = 1024 ** 2;

/** Writes into the state for ever, with a child that does the same. */
export const endless = `
const write = (name) => setInterval(() => require('node:fs').appendFileSync(name, 'x'), 20);
if (process.argv[1] === 'child') write('of-child');
else {
  write('of-command');
  require('node:child_process').spawn(process.execPath, ['-e', process.env.ENDLESS ?? '', 'child'], { stdio: 'ignore' });
}
console.log('begun');`;

export function describeCommands(scene: Scene): void {
  describe('a command inside', () => {
    const exec = (ref: InstanceRef, code: string, change: Partial<Command> = {}): Promise<CommandResult> =>
      scene.inside.exec(ref, { command: ['node', '-e', code], timeoutMs: 30_000, ...change }, never);

    it('gives its exit code, its output and its error output', async (test) => {
      const ref = await scene.start(test);
      const code = 'process.stdout.write("ü 😀\\n\\n"); console.error("of an error"); process.exitCode = 7';
      expect(await exec(ref, code)).toEqual({ exitCode: 7, output: 'ü 😀\n\n', errorOutput: 'of an error\n' });
      expect(await exec(ref, '')).toEqual({ exitCode: 0, output: '', errorOutput: '' });
    });

    it('takes its arguments as they are, without a shell', async (test) => {
      const ref = await scene.start(test);
      const hostile = ['$(echo x)', '"quoted" \'twice\'', 'two words', '', 'a\nb', '%s %(x)s ${HOME}', '😀', '--flag'];
      const command = ['node', '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...hostile];
      const { output } = await scene.inside.exec(ref, { command, timeoutMs: 30_000 }, never);
      expect(JSON.parse(output)).toEqual(hostile);
    });

    it('runs in the state folder, as the agent does', async (test) => {
      const ref = await scene.start(test);
      const mine = 'return [process.getuid(), fs.realpathSync(state), process.env.SECRET]';
      const [user, folder, secret] = await scene.tell<[number, string, string]>(ref, mine);
      const code =
        'console.log(JSON.stringify([process.getuid(), fs.realpathSync("."), process.env.SECRET])); fs.writeFileSync("made", "x")';
      const { output } = await exec(ref, `const fs = require('node:fs'); ${code}`);
      expect(JSON.parse(output)).toEqual([user, folder, secret]);
      expect(await scene.tell(ref, 'return fs.readFileSync(path.join(state, "made"), "utf8")')).toBe('x');
    });

    it('is given its input, and the end of it', async (test) => {
      const ref = await scene.start(test);
      const input = `first ü\n${'x'.repeat(200_000)}\nlast`;
      const code =
        'let all = ""; process.stdin.setEncoding("utf8").on("data", (text) => (all += text)).on("end", () => console.log(all.length, all.slice(-4)))';
      expect(await exec(ref, code, { input })).toMatchObject({ exitCode: 0, output: `${input.length} last\n` });
      expect(await exec(ref, code)).toMatchObject({ exitCode: 0, output: '0 \n' });
    });

    it('may say much: the end of it is kept', async (test) => {
      const ref = await scene.start(test);
      const { exitCode, output } = await exec(ref, 'process.stdout.write("x".repeat(3 * 1024 ** 2) + "the end")');
      expect(exitCode).toBe(0);
      expect(output.length).toBeLessThanOrEqual(mebibyte);
      expect(output.length).toBeGreaterThan(mebibyte / 2);
      expect(output.endsWith('xthe end')).toBe(true);
    });

    it('ends with its time, and all that it has started', async (test) => {
      const ref = await scene.start(test);
      const code = `process.env.ENDLESS = ${JSON.stringify(endless)};${endless}`;
      const result = await exec(ref, code, { timeoutMs: 3000 });
      expect(result).toEqual({ exitCode: null, output: 'begun\n', errorOutput: '' });
      expect(await scene.tell(ref, 'return fs.statSync(path.join(state, "of-child")).size')).toBeGreaterThan(0);
      await vi.waitFor(async () => expect(await scene.tell(ref, growth('of-command'))).toBe(0), patience);
      await vi.waitFor(async () => expect(await scene.tell(ref, growth('of-child'))).toBe(0), patience);
      expect(await scene.on.agentsOf(ref)).toBe(1);
    });

    it('ends when nobody wants it any more', async (test) => {
      const ref = await scene.start(test);
      const unwanted = new AbortController();
      const running = scene.inside.exec(ref, { command: ['node', '-e', endless], timeoutMs: 60_000 }, unwanted.signal);
      const outcome = codeOf(running);
      await vi.waitFor(async () => expect(await scene.tell(ref, growth('of-command'))).toBeGreaterThan(0), patience);
      unwanted.abort();
      expect(await outcome).toMatch(/AbortError/);
      await vi.waitFor(async () => expect(await scene.tell(ref, growth('of-command'))).toBe(0), patience);
    });

    it('that is no program is told as a shell would', async (test) => {
      const ref = await scene.start(test);
      const { exitCode, output } = await scene.inside.exec(
        ref,
        { command: ['no-such-program-anywhere'], timeoutMs: 30_000 },
        never,
      );
      expect([126, 127]).toContain(exitCode);
      expect(output).toBe('');
    });

    it('takes a running process, and says so', async (test) => {
      const ref = await scene.place(test);
      await expect(exec(ref, '')).rejects.toMatchObject({ code: 'instance.state-conflict' });
    });

    it('is one of many at once', async (test) => {
      const ref = await scene.start(test);
      const numbers = Array.from({ length: 8 }, (_, index) => index);
      const results = await Promise.all(numbers.map((number) => exec(ref, `console.log(${number})`)));
      expect(results.map(({ output }) => output)).toEqual(numbers.map((number) => `${number}\n`));
    });
  });
}
