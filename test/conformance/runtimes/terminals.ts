import { describe, expect, it, vi } from 'vitest';
import type { InstanceRef } from '../../../activities/runtimes/runtime.ts';
import type { TerminalCommand } from '../../../activities/runtimes/inside.ts';
import { endless } from './commands.ts';
import { growth } from './power.ts';
import { never, patience, type Scene } from './scene.ts';

export function describeTerminals(scene: Scene): void {
  describe('a terminal inside', () => {
    const open = async (ref: InstanceRef, change: Partial<TerminalCommand> = {}, signal: AbortSignal = never) => {
      const terminal = await scene.inside.openTerminal(ref, { columns: 80, rows: 24, ...change }, signal);
      let shown = '';
      terminal.stream.setEncoding('utf8').on('data', (text: string) => (shown += text));
      terminal.stream.on('error', () => undefined);
      return {
        stream: terminal.stream,
        exited: terminal.exited,
        resize: (columns: number, rows: number) => terminal.resize(columns, rows),
        write: (text: string) => void terminal.stream.write(text),
        shows: (what: RegExp, timeout = patience.timeout) =>
          vi.waitFor(() => expect(shown).toMatch(what), { ...patience, timeout }),
      };
    };

    it('is a shell on a terminal: it echoes, knows its size, and learns of a new one', async (test) => {
      const ref = await scene.start(test);
      const terminal = await open(ref);
      terminal.write('echo $((6 * 7)) ü; stty size\r');
      await terminal.shows(/echo \$\(\(6 \* 7\)\)/);
      await terminal.shows(/42 ü/);
      await terminal.shows(/24 80\r?\n/);
      await terminal.resize(132, 50);
      await vi.waitFor(async () => {
        terminal.write('stty size\r');
        await terminal.shows(/50 132\r?\n/, 2000);
      }, patience);
      terminal.write('exit 7\r');
      expect(await terminal.exited).toBe(7);
    });

    it('runs the program that is asked for, in the state folder, and passes on ^C', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, 'fs.writeFileSync(path.join(state, "a-file-here"), "x")');
      const code = `
        console.log(require('node:fs').readdirSync('.').join(), String(process.stdout.isTTY));
        process.on('SIGINT', () => process.exit(5)); setInterval(() => {}, 1000)`;
      const terminal = await open(ref, { command: ['node', '-e', code] });
      await terminal.shows(/a-file-here[^\n]* true/);
      terminal.write('\u0003');
      expect(await terminal.exited).toBe(5);
    });

    it('ends with its signal, and its programs with it', async (test) => {
      const ref = await scene.start(test);
      const stop = new AbortController();
      const terminal = await open(ref, { command: ['node', '-e', endless] }, stop.signal);
      await terminal.shows(/begun/);
      await vi.waitFor(async () => expect(await scene.tell(ref, growth('of-command'))).toBeGreaterThan(0), patience);
      stop.abort();
      await terminal.exited;
      await vi.waitFor(async () => expect(await scene.tell(ref, growth('of-command'))).toBe(0), patience);
      expect(terminal.stream.destroyed).toBe(true);
    });

    it('ends when its stream is closed', async (test) => {
      const ref = await scene.start(test);
      const terminal = await open(ref, { command: ['node', '-e', endless] });
      await terminal.shows(/begun/);
      terminal.stream.destroy();
      await terminal.exited;
      await vi.waitFor(async () => expect(await scene.tell(ref, growth('of-command'))).toBe(0), patience);
    });

    it('ends with the agent’s process', async (test) => {
      const ref = await scene.start(test);
      const terminal = await open(ref);
      terminal.write('echo $((6 * 7))\r');
      await terminal.shows(/42/);
      await scene.rest(ref);
      expect(await terminal.exited).not.toBe(0);
    });

    it('takes a running process, and says so', async (test) => {
      const ref = await scene.place(test);
      await expect(open(ref)).rejects.toMatchObject({ code: 'instance.state-conflict' });
    });
  });
}
