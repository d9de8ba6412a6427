import { PassThrough } from 'node:stream';

import type { ClusterAccess } from './kubeconfig.ts';

/** The generated client, for what goes over WebSockets. Loaded here, at the first use, and nowhere else: see `objects.ts`. */
export async function loadClient(access: ClusterAccess) {
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
  return { client, config };
}

type Written = (error: Error | null | undefined) => void;

/** The client writes to it whatever comes and never looks back: when it is full, the socket waits. */
export class Inbound extends PassThrough {
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

/** The client takes no signal: what arrives after we have given up is closed at once. */
export async function abortable<T>(opening: Promise<T>, signal: AbortSignal, discard: (late: T) => void): Promise<T> {
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
