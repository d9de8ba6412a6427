import { describe, expect, it } from 'vitest';
import { createLogger } from './observability/logger.ts';
import { startHealthServer } from './observability/health-server.ts';
import { createShutdown } from './shutdown.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

describe('shutting down', () => {
  it('runs every hook once and in order, whatever happens to the others', async () => {
    const ran: string[] = [];
    const shutdown = createShutdown(logger, { hookTimeoutMs: 20 });
    shutdown.add('first', () => {
      ran.push('first');
    });
    shutdown.add('fails', () => Promise.reject(new Error('on purpose')));
    shutdown.add('hangs', () => new Promise(() => {}));
    shutdown.add('last', async () => {
      ran.push('last');
    });
    await Promise.all([shutdown.run(), shutdown.run()]);
    expect(ran).toEqual(['first', 'last']);
  });
});

describe('the health server', () => {
  it('says whether the process lives and whether it is ready', async () => {
    let isReady: () => boolean = () => false;
    const server = await startHealthServer({ port: 0, ready: () => isReady() });
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
    expect(await Promise.all(['/healthz', '/readyz', '/metrics', '/other'].map(status))).toEqual([200, 503, 200, 404]);
    isReady = () => true;
    expect(await status('/readyz')).toBe(200);
    isReady = () => {
      throw new Error('on purpose');
    };
    expect(await status('/readyz')).toBe(503);
    await server.close();
    await expect(status('/healthz')).rejects.toThrow('fetch failed');
  });

  it('says of each answer how it is encoded', async () => {
    const server = await startHealthServer({ port: 0, ready: () => true });
    for (const path of ['/healthz', '/readyz', '/metrics', '/other']) {
      const { headers } = await fetch(`http://127.0.0.1:${server.port}${path}`);
      expect(headers.get('Content-Type')).toMatch(/^text\/plain;.* charset=utf-8$/);
    }
    await server.close();
  });

  it('fails to start on a port that is taken', async () => {
    const first = await startHealthServer({ port: 0, ready: () => true });
    await expect(startHealthServer({ port: first.port, ready: () => true })).rejects.toThrow('EADDRINUSE');
    await first.close();
  });
});
