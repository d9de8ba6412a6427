import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** True when nothing listens on the port of this machine's own address. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

/**
 * Picks any port that is free, for a server that must find it again after a restart. Below 32768, where Linux takes the
 * ports of outgoing connections from: one of those could be on it just then.
 */
export async function pickFreePort(taken: readonly number[] = [], host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(20_000, 32_000);
    if (!taken.includes(port) && (await isPortFree(port, host))) return port;
  }
  throw new Error(`No free port between 20000 and 32000 was found on ${host}.`);
}

/** A port that is free now: the wanted one, else the next free one above it, else any. */
export async function freePort(wanted = 0, host = '127.0.0.1'): Promise<number> {
  const last = wanted > 0 ? Math.min(wanted + 50, 65_535) : -1;
  for (let port = wanted; port <= last; port += 1) {
    if (await isPortFree(port, host)) return port;
  }
  return pickFreePort([], host);
}

/** The wanted port while it is free, else a free one; the file then remembers it, whatever it remembered before. */
export async function takePort(file: string, wanted?: number): Promise<number> {
  const port = await freePort(wanted);
  writeFileSync(file, String(port));
  return port;
}

/** The port that the file remembers while it is free, else a free one, which the file then remembers. */
export async function rememberedPort(file: string, wanted?: number): Promise<number> {
  const remembered = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  return takePort(file, remembered || wanted);
}
