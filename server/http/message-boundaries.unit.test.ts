import { connect, type AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../observability/logger.ts';
import { httpServer } from './http-server.ts';

const lines: string[] = [];
const logger = createLogger({ name: 'api', level: 'info', destination: { write: (line) => void lines.push(line) } });
const seen: string[] = [];
const koa = new Koa();
koa.use(async (ctx) => {
  seen.push(ctx.path);
  for await (const _chunk of ctx.req);
  ctx.body = ctx.path;
});
koa.on('error', () => {});
const server = httpServer(koa, { logger, headMs: 1_000, lookEveryMs: 100 });
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen.length = 0;
  lines.length = 0;
});

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** Everything that comes back until the server has had enough. */
async function answerTo(sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(sent);
  let received = '';
  for await (const chunk of socket) received += String(chunk);
  return received;
}

describe('where a message ends', () => {
  it.each([
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['two lengths in one', 'Content-Length: 5, 6'],
    ['a length that is none', 'Content-Length: +5'],
    ['a name with a space', 'Content-Length : 5'],
    ['chunks that are not last', 'Transfer-Encoding: chunked, identity'],
    ['an encoding that nobody knows', 'Transfer-Encoding: xchunked'],
    ['chunks, folded', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5'],
  ])('is not guessed: %s', async (_what, headers) => {
    const answer = await answerTo(`POST /first HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n0\r\n\r\n${smuggled}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(seen).not.toContain('/smuggled');
  });

  it('is where its chunks or its length say: what follows is the next one', async () => {
    const head = 'POST /first HTTP/1.1\r\nHost: localhost\r\n';
    for (const message of ['Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'Content-Length: 5\r\n\r\nhello']) {
      seen.length = 0;
      expect((await answerTo(`${head}${message}${smuggled}`)).match(/HTTP\/1\.1 200/g)).toHaveLength(2);
      expect(seen).toEqual(['/first', '/smuggled']);
    }
  });
});

describe('what is no request', () => {
  it.each([
    ['HPE_INVALID_METHOD', 'sk-secret / HTTP/1.1\r\n\r\n', 'request.unreadable'],
    ['HPE_HEADER_OVERFLOW', `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 'request.head-too-large'],
    ['ERR_HTTP_REQUEST_TIMEOUT', 'GET / HTTP/1.1\r\nHost: sk-secret\r\n', 'request.timed-out'],
  ])('is told so, and in the log with its reason and its place, not its words: %s', async (code, sent, told) => {
    expect(await answerTo(sent)).toContain(`"code":"${told}"`);
    await expect.poll(() => lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code, address: '127.0.0.1' });
    expect(lines[0]).not.toMatch(/sk-secret|xxx/);
  });
});
