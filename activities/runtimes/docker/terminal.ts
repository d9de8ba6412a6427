import type { Duplex } from 'node:stream';

import type { Terminal, TerminalCommand } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import { soon, type Engine } from './engine.ts';
import { begin, exitCodeOf, gone } from './exec.ts';
import { isStatus } from './faults.ts';

const shell = ['sh', '-c', 'if command -v bash >/dev/null; then exec bash; else exec sh; fi'];

export async function openTerminal(
  engine: Engine,
  ref: InstanceRef,
  { command = shell, columns, rows }: TerminalCommand,
  signal: AbortSignal,
): Promise<Terminal> {
  const options = { AttachStdin: true, Tty: true, Env: ['TERM=xterm-256color'] };
  const { exec, end } = await begin(engine, ref, command, options, signal);
  const started = await exec
    .start({ hijack: true, stdin: true, Tty: true, ...soon(signal) })
    .catch((error: unknown) => {
      throw gone(error);
    });
  const stream: Duplex = started;

  const resize = async (wide: number, high: number): Promise<void> => {
    try {
      await exec.resize({ w: wide, h: high, ...soon(signal) });
    } catch (error) {
      // Podman says so with a status that the client does not expect; gone is gone.
      if (!isStatus(error, 201, 404, 409, 500)) throw error;
    }
  };
  const close = (): void => void stream.destroy();
  signal.addEventListener('abort', close, { once: true });
  const exited = new Promise<number | null>((resolve) => {
    let settled = false;
    const settle = (wellEnded: boolean): void => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', close);
      const clock = AbortSignal.timeout(10_000);
      const code = wellEnded ? exitCodeOf(exec, clock) : end().then(() => null);
      code.then(resolve, () => resolve(null));
    };
    stream.on('end', () => settle(true));
    stream.on('close', () => settle(stream.readableEnded));
    stream.on('error', () => settle(false));
  });
  // Until it is told, a terminal of an engine has no size.
  await resize(columns, rows);
  if (signal.aborted) close();
  return { stream, resize, exited };
}
