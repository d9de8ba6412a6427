import { Duplex, PassThrough } from 'node:stream';
import type { PortForward } from '@kubernetes/client-node';

import { abortable, Inbound, loadClient } from './client.ts';
import type { ClusterAccess } from './kubeconfig.ts';

export interface Tunnel {
  stream: Duplex;
  /** What the node said went wrong at the far end. */
  fault(): string;
  /** Written, and not yet taken by the network. */
  pendingBytes(): number;
  close(): void;
}

/**
 * A byte stream to a port of a pod, through the API server. It enters the pod's own network, so that network
 * policies do not see it.
 */
export async function openTunnel(
  access: ClusterAccess,
  namespace: string,
  podName: string,
  port: number,
  signal: AbortSignal,
): Promise<Tunnel> {
  const { client, config } = await loadClient(access);
  const toAgent = new PassThrough();
  const fromAgent = new Inbound();
  const faults = new PassThrough();
  let said = '';
  faults.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(0, 1000)));

  const opening = new client.PortForward(config).portForward(namespace, podName, [port], fromAgent, faults, toAgent);
  const socket = await abortable(opening, signal, (late) => closed(late));
  if (typeof socket === 'function') throw new Error('The client gave a restartable socket that was not asked for');
  fromAgent.source = socket;
  const stream = Duplex.from({ writable: toAgent, readable: fromAgent });
  // Whoever reads or writes learns of it by its own error; without a listener the process would end.
  stream.on('error', () => undefined);
  socket.addEventListener('close', () => fromAgent.end());
  return {
    stream,
    fault: () => said.trim(),
    pendingBytes: () => socket.bufferedAmount,
    close: () => {
      stream.destroy();
      closed(socket);
    },
  };
}

const closed = (socket: Awaited<ReturnType<PortForward['portForward']>>): void => {
  if (typeof socket !== 'function') socket.close();
};
