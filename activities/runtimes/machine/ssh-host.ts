import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Client, type ClientChannel } from 'ssh2';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { longestErrorOutput, type Host, type Program } from './host.ts';

export interface SshAddress {
  address: string;
  port: number;
  user: string;
  /** As `ssh-keygen -l` shows it: `SHA256:…`. Another one is not connected to. */
  hostKey: string;
  privateKey: string;
}

/** An sshd takes ten sessions on a connection; the eleventh would be refused. */
const sessionsOnOne = 8;
/** A peer that has frozen is given up after two of them. */
const keepaliveMs = 5_000;
const connectsWithinMs = 15_000;
const endsWithinMs = 5_000;

interface Connection {
  client: Client;
  sessions: number;
  open: boolean;
}

/** A machine over SSH. No agent is forwarded, and nothing is believed but the registered key of the host. */
export function sshHost(address: SshAddress): Host {
  const connections = new Set<Promise<Connection>>();

  /** The first connection with room for one more session; as many connections as it takes. */
  async function withRoom(): Promise<Connection> {
    for (const pending of connections) {
      const connection = await pending;
      if (connection.open && connection.sessions < sessionsOnOne) return taken(connection);
    }
    return taken(await opened());
  }

  async function opened(): Promise<Connection> {
    const pending = connectTo(address, () => void connections.delete(pending));
    connections.add(pending);
    pending.catch(() => connections.delete(pending));
    return pending;
  }

  return {
    tools: {},
    async start(command, signal) {
      const connection = await withRoom();
      const release = onlyOnce(() => (connection.sessions -= 1));
      try {
        signal.throwIfAborted();
        return programOf(await execute(connection.client, command), release);
      } catch (error) {
        release();
        throw error;
      }
    },
    async connect(port) {
      // Not a session: there is always room.
      const [first = opened()] = connections;
      return forward((await first).client, port);
    },
    async close() {
      for (const pending of connections) (await pending.catch(() => undefined))?.client.end();
    },
  };
}

function taken(connection: Connection): Connection {
  connection.sessions += 1;
  return connection;
}

const onlyOnce = (call: () => void): (() => void) => {
  let called = false;
  return () => {
    if (!called) call();
    called = true;
  };
};

async function connectTo(address: SshAddress, onClose: () => void): Promise<Connection> {
  const client = new Client();
  const connection: Connection = { client, sessions: 0, open: false };
  let keyRefused = false;
  const ready = Promise.withResolvers<void>();
  client.once('ready', () => ready.resolve());
  client.on('error', (error) => ready.reject(error));
  client.once('close', () => {
    connection.open = false;
    onClose();
    ready.reject(new Error('closed'));
  });
  try {
    client.connect({
      host: address.address,
      port: address.port,
      username: address.user,
      privateKey: address.privateKey,
      agentForward: false,
      readyTimeout: connectsWithinMs,
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: 2,
      hostVerifier: (key: Buffer) => {
        keyRefused = fingerprintOf(key) !== address.hostKey.replace(/=+$/, '');
        return !keyRefused;
      },
    });
    await ready.promise;
  } catch (cause) {
    client.destroy();
    throw faultOf(cause, keyRefused);
  }
  connection.open = true;
  return connection;
}

const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

function faultOf(cause: unknown, keyRefused: boolean): Problem {
  if (keyRefused) {
    return new Problem('cluster.unavailable', 'The machine’s host key is not the registered one.', { cause });
  }
  const { level, message } = cause as { level?: string; message?: string };
  if (level === 'client-authentication') {
    return new Problem('cluster.denied', 'The machine does not accept the key of the platform.', { cause });
  }
  if (level === undefined && /privateKey|key/i.test(message ?? '')) {
    return new Problem('cluster.refused', 'The private key cannot be read.', { cause });
  }
  return new Problem('cluster.unavailable', `No connection to the machine (${message ?? 'closed'}).`, { cause });
}

/** Through whatever login shell the user has: each word in quotes of its own. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

function execute(client: Client, command: readonly string[]): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  client.exec(command.map(quoted).join(' '), (error, channel) => {
    if (error) reject(lost(error));
    else resolve(channel);
  });
  return promise;
}

function forward(client: Client, port: number): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  client.forwardOut('127.0.0.1', 0, '127.0.0.1', port, (error, channel) => {
    if (error) reject(error);
    else resolve(channel);
  });
  return promise;
}

const lost = (cause: unknown): Problem =>
  new Problem('cluster.unavailable', 'The connection to the machine broke off.', { cause });

/** An end without a code is one that nobody has seen: the line was lost. Never a success. */
function programOf(channel: ClientChannel, release: () => void): Program {
  let errorOutput = '';
  channel.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorOutput = `${errorOutput}${text}`.slice(-longestErrorOutput);
  });
  channel.on('error', () => undefined);
  let exitCode: number | null = null;
  channel.once('exit', (code: number | null) => (exitCode = code ?? null));
  const ended = once(channel, 'close').then(() => {
    release();
    return { exitCode, errorOutput };
  });
  // It ends by itself with its input, and takes along what it has started.
  const end = (): void => {
    channel.end();
    channel.resume();
    setTimeout(() => channel.close(), endsWithinMs).unref();
  };
  return { input: channel.stdin, output: channel, ended, end };
}
