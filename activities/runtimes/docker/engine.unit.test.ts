import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';

import { connectEngine } from './engine.ts';

/** Answers each request with the same bytes, then closes. */
async function connectTo(test: TestContext, answer: string) {
  const directory = mkdtempSync(join(tmpdir(), 'occ-'));
  const socketPath = join(directory, 's');
  const answered = Promise.withResolvers<void>();
  const server = createServer((socket: Socket) => {
    socket.once('data', () => socket.end(answer, answered.resolve));
  });
  server.listen(socketPath);
  await once(server, 'listening');
  test.onTestFinished(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  const engine = connectEngine({ kind: 'docker', clusterId: 'cluster', socketPath });
  return { engine, answered: answered.promise };
}

describe('a request to an engine', () => {
  it('ends with its signal, also where the answer has broken off', async (test) => {
    const { engine, answered } = await connectTo(test, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":');
    const giveUp = new AbortController();
    const asking = engine.docker.info({ abortSignal: giveUp.signal } as never);
    await answered;
    setTimeout(() => giveUp.abort(), 100);
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
  });
});
