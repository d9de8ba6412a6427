import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../workflows/contracts/problem.ts';
import { whereFrom } from '../http/client-address.ts';
import type { RequestState } from '../http/context.ts';
import { httpServer } from '../http/http-server.ts';
import { problemMiddleware } from '../http/problem-middleware.ts';
import { longestAddress, requestBounds } from '../http/request-bounds.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { requestLog } from './request-log.ts';

const lines: string[] = [];
const logger = createLogger({ name: 'api', level: 'info', destination: { write: (line) => void lines.push(line) } });
const metrics = createMetrics();
const koa = new Koa<RequestState>();
koa.use(whereFrom(1)).use(requestLog({ logger, metrics })).use(problemMiddleware(logger)).use(requestBounds);
koa.use((ctx) => {
  if (ctx.path === '/portal') ctx.body = 'a page';
  if (ctx.path.startsWith('/of-a-route')) ctx.state.pattern = '/of-a-route/:id';
  if (ctx.path === '/of-a-route/1') ctx.body = {};
  if (ctx.path === '/of-a-route/2') throw new Problem('request.cross-site');
  if (ctx.path === '/broken') throw new Error('on purpose');
});
const server = httpServer(koa);
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  lines.length = 0;
});

const ask = (path: string) =>
  fetch(url + path, { headers: { 'X-Forwarded-For': '192.0.2.7', 'X-Request-Id': 'trace-12345678' } });
const answered = async () => {
  // The line is written when the answer is on its way already.
  await expect.poll(() => lines.length).toBeGreaterThan(0);
  return JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
};

describe('the log of a request', () => {
  it('says what was asked for, how it ended and by which request', async () => {
    await ask('/of-a-route/1');
    const line = await answered();
    expect(line).toMatchObject({
      name: 'api',
      msg: 'answered',
      requestId: 'trace-12345678',
      method: 'GET',
      status: 200,
    });
    expect(line).not.toHaveProperty('address');
  });

  it('says why it was refused, and from where it came', async () => {
    await ask('/of-a-route/2');
    expect(await answered()).toMatchObject({ status: 403, code: 'request.cross-site', address: '192.0.2.7' });
  });

  it.each([
    ['an address where nothing is', '/api/v1/../../etc/passwd', 'request.not-found'],
    ['an address that is too long', `/${'x'.repeat(longestAddress)}`, 'request.address-too-long'],
    ['a fault of ours', '/broken', 'server.error'],
  ])('is written too of %s', async (_what, path, code) => {
    await ask(path);
    const line = await answered();
    expect(line).toMatchObject({ code, address: '192.0.2.7' });
    expect(String(line.path).length).toBeLessThanOrEqual(200);
  });

  it('is none of the portal’s own files', async () => {
    expect((await ask('/portal')).status).toBe(200);
    await ask('/nothing');
    expect(await answered()).toMatchObject({ path: '/nothing' });
    expect(lines).toHaveLength(1);
  });

  it('is counted by route, so that nobody makes series by asking', async () => {
    await ask('/nothing-of-the-kind');
    expect(await metrics.registry.metrics()).not.toContain('nothing-of-the-kind');
  });
});
