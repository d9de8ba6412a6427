import { Duplex, PassThrough } from 'node:stream';
import type { PortForward } from '@kubernetes/client-node';

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
 * policies do not see it. The client is loaded here, at the first use, and nowhere else: see `objects.ts`.
 */
export async function openTunnel(
  access: ClusterAccess,
  namespace: string,
  podName: string,
  port: number,
  signal: AbortSignal,
): Promise<Tunnel> {
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  const { identity } = access;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  config.loadFromClusterAndUser(
    {
      name: access.server,
      server: access.server,
      caData: base64(access.certificateAuthority),
      skipTLSVerify: false,
      ...(access.serverName === undefined ? {} : { tlsServerName: access.serverName }),
    },
    'token' in identity
      ? { name: access.server, token: identity.token }
      : {
          name: access.server,
          certData: base64(identity.certificate),
          keyData: base64(identity.key),
        },
  );
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

type Written = (error: Error | null | undefined) => void;

/** The client writes to it whatever comes and never looks back: when it is full, the socket waits. */
class Inbound extends PassThrough {
  source: { pause(): void; resume(): void } | undefined;

  constructor() {
    super();
    this.on('drain', () => this.source?.resume());
  }

  override write(chunk: unknown, encoding?: BufferEncoding | Written, written?: Written): boolean {
    const hasRoom =
      typeof encoding === 'string' ? super.write(chunk, encoding, written) : super.write(chunk, encoding ?? written);
    if (!hasRoom) this.source?.pause();
    return hasRoom;
  }
}

const closed = (socket: Awaited<ReturnType<PortForward['portForward']>>): void => {
  if (typeof socket !== 'function') socket.close();
};

/** The client takes no signal: what arrives after we have given up is closed at once. */
async function abortable<T>(opening: Promise<T>, signal: AbortSignal, discard: (late: T) => void): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    opening.then(discard, () => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
