import { Duplex } from 'node:stream';

import type { Terminal, TerminalCommand } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { startGuarded } from './guarded.ts';
import { runningPod } from './running-pod.ts';

/** The better one, where the image has it. */
const shell = ['sh', '-c', 'command -v bash > /dev/null && exec bash || exec sh'];
const settings = ['env', 'TERM=xterm-256color'];

export async function openTerminal(
  cluster: Cluster,
  ref: InstanceRef,
  { command = shell, columns, rows }: TerminalCommand,
  signal: AbortSignal,
): Promise<Terminal> {
  const pod = await runningPod(cluster, ref, signal);
  const options = { input: true, terminal: { columns, rows } };
  const { session, end } = await startGuarded(cluster, pod, [...settings, ...command], options, signal);
  const endAll = async (): Promise<void> => {
    await end();
    session.close();
  };
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void session.output.resume(),
    write: (content: Buffer, _encoding, written) => {
      session.write(content).then(() => written(), written);
    },
    destroy: (error, destroyed) => {
      void endAll();
      destroyed(error);
    },
  });
  session.output.pause();
  session.output.on('data', (content: Buffer) => {
    if (!stream.push(content)) session.output.pause();
  });
  session.output.on('end', () => stream.push(null));
  const onAbort = (): void => void stream.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const exited = session.exited.finally(() => {
    signal.removeEventListener('abort', onAbort);
    void end();
  });
  exited.catch(() => undefined);
  return { stream, resize: async (width, height) => session.resize(width, height), exited };
}
