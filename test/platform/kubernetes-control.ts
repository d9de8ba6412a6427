import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { freePort } from '../../deploy/local/ports.ts';

interface Parts {
  killPart(name: string, signal: NodeJS.Signals): Promise<void>;
  startPart(name: string): Promise<void>;
}

interface Command {
  action: 'kill' | 'start';
  part: string;
  signal?: NodeJS.Signals;
}

async function obey(parts: Parts, request: IncomingMessage): Promise<void> {
  const { action, part, signal = 'SIGKILL' } = JSON.parse(await text(request)) as Command;
  await (action === 'kill' ? parts.killPart(part, signal) : parts.startPart(part));
}

/** Lets test processes kill and start parts of the cluster, which are children of the test runner. @returns its URL */
export async function serveKubernetesControl(parts: Parts): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const server = createServer((request, response) => {
    obey(parts, request).then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
