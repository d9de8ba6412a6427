import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

function tryPort(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

/** A port that is free now: the wanted one, else the next free one above it, else any. */
export async function freePort(wanted = 0, host = '127.0.0.1'): Promise<number> {
  const last = wanted > 0 ? Math.min(wanted + 50, 65_535) : -1;
  for (let port = wanted; port <= last; port += 1) {
    if ((await tryPort(port, host)) !== undefined) return port;
  }
  const any = await tryPort(0, host);
  if (any === undefined) throw new Error(`No TCP port is free on ${host}`);
  return any;
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
