import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Koa from 'koa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestState } from './context.ts';
import { portal } from './portal.ts';

let directory: string;
let server: Server;
let url: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'occ-portal-'));
  writeFileSync(join(directory, 'secret.txt'), 'outside');
  mkdirSync(join(directory, 'dist/assets'), { recursive: true });
  writeFileSync(join(directory, 'dist/index.html'), '<!doctype html><title>portal</title>');
  writeFileSync(join(directory, 'dist/mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(directory, 'dist/assets/app-1a2b.js'), `/* ${'x'.repeat(4_000)} */`);
  const koa = new Koa<RequestState>().use(portal(join(directory, 'dist')));
  const callback = koa.callback();
  server = createServer((incoming, answer) => void callback(incoming, answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

/** As it stands: `fetch` would tidy the path first. */
const statusOf = (path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request({ port: new URL(url).port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end();
  });

describe('the built portal', () => {
  it('is its page for every address of its own router, never kept', async () => {
    for (const path of ['/', '/index.html', '/t/acme/instances', '/sign-in']) {
      const answer = await fetch(url + path);
      expect(await answer.text()).toContain('<title>portal');
      expect(answer.headers.get('Cache-Control')).toBe('no-cache');
    }
  });

  it('has files with a hash in their name kept for ever, and compressed', async () => {
    const answer = await fetch(`${url}/assets/app-1a2b.js`);
    expect(answer.headers.get('Cache-Control')).toContain('immutable');
    expect(answer.headers.get('Content-Encoding')).toBe('gzip');
    expect(answer.headers.get('Content-Type')).toContain('javascript');
    expect(await answer.text()).toHaveLength(4_006);
    const etag = answer.headers.get('ETag') ?? '';
    const again = await fetch(`${url}/assets/app-1a2b.js`, {
      headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' },
    });
    expect(again.status).toBe(304);
  });

  it('says of each text how it is encoded', async () => {
    const typeOf = async (path: string) => (await fetch(url + path)).headers.get('Content-Type');
    for (const path of ['/', '/mark.svg', '/assets/app-1a2b.js'])
      expect(await typeOf(path)).toMatch(/; charset=utf-8$/);
  });

  it('leads nowhere else', async () => {
    for (const path of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/..%2fsecret.txt',
      '/assets/gone.js',
      '//etc/passwd.txt',
    ]) {
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  });
});
