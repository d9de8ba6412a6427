import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import Koa from 'koa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { openStream, type OpenStream } from '../../test/factories/event-source.ts';
import { signInAs } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildTenant, type TestTenant } from '../../test/factories/tenants.ts';
import { deepestNesting, mostValues } from './body-shape.ts';
import type { RequestState } from './context.ts';
import { httpServer } from './http-server.ts';
import { bodyBytes } from './read-body.ts';
import { longestAddress, mostHeaders } from './request-bounds.ts';

let api: TestApi;
let tenant: TestTenant;
let person: ApiClient;
beforeAll(async () => {
  api = await startApi({
    environment: { STREAMS_PER_USER: '2', STREAMS_PER_TENANT: '3', STREAMS_PER_PROCESS: '4' },
  });
  tenant = await buildTenant(api.db);
  person = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
});
afterAll(() => api?.close());

const template = (configuration: unknown) => ({
  tenantId: tenant.id,
  name: 'template',
  agentKind: 'openclaw',
  configuration,
});
const nested = (depth: number): object => {
  let value: object = {};
  for (let level = 1; level < depth; level += 1) value = { a: value };
  return value;
};

describe('a body', () => {
  const send = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${api.url}/api/v1/configs`, {
      method: 'POST',
      headers: { ...person.headers, 'Content-Type': 'application/json', ...headers },
      body,
    });
    return { status: answer.status, body: (await answer.json()) as { code: string; errors?: { detail: string }[] } };
  };

  it('has a size, whether it says so before or not, and whether it is compressed or not', async () => {
    const large = JSON.stringify(template({ native: { text: 'x'.repeat(bodyBytes) } }));
    const tooLarge = { status: 413, body: { code: 'request.too-large' } };
    expect(await send(large)).toMatchObject(tooLarge);
    expect(await send(gzipSync(large), { 'Content-Encoding': 'gzip' })).toMatchObject(tooLarge);
    const bomb = gzipSync(`{"name":"${'0'.repeat(50 * 2 ** 20)}"}`);
    expect(bomb.length).toBeLessThan(bodyBytes);
    expect(await send(bomb, { 'Content-Encoding': 'gzip' })).toMatchObject(tooLarge);
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(large));
        controller.close();
      },
    });
    const answer = await fetch(`${api.url}/api/v1/configs`, {
      method: 'POST',
      headers: { ...person.headers, 'Content-Type': 'application/json' },
      body: chunked,
      duplex: 'half',
    });
    expect(answer.status).toBe(413);
  });

  it('is only so deep, and holds only so many values', async () => {
    const refusedFor = async (configuration: unknown) => {
      const { status, body } = await send(JSON.stringify(template(configuration)));
      return [status, body.code, body.errors?.[0]?.detail];
    };
    expect(await refusedFor(nested(deepestNesting + 1))).toEqual([
      422,
      'request.invalid',
      `nested deeper than ${deepestNesting} levels`,
    ]);
    expect(await refusedFor(nested(deepestNesting))).not.toContain(`nested deeper than ${deepestNesting} levels`);
    const deepest = `${'['.repeat(bodyBytes / 2 - 1)}${']'.repeat(bodyBytes / 2 - 1)}`;
    expect((await send(deepest)).body.errors?.[0]?.detail).toBe(`nested deeper than ${deepestNesting} levels`);
    expect(await refusedFor(Array.from({ length: mostValues }, () => 0))).toEqual([
      422,
      'request.invalid',
      `more than ${mostValues} values`,
    ]);
  });
});

describe('the head of a request', () => {
  it('has an address of some length', async () => {
    const answer = await person.get(`/instances?name=${'x'.repeat(longestAddress)}`);
    expect([answer.status, answer.body.code]).toEqual([414, 'request.address-too-long']);
  });

  it('has so many headers', async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, number) => [`X-${number}`, 'x']));
    const answer = await person.get('/me', { headers: many(mostHeaders) });
    expect([answer.status, answer.body.code]).toEqual([431, 'request.too-many-headers']);
    expect((await person.get('/me', { headers: many(2 * mostHeaders) })).status).toBe(431);
    expect((await person.get('/me', { headers: many(mostHeaders - 20) })).status).toBe(200);
  });

  it('has a size, which is refused before anything reads it', async () => {
    expect((await person.get('/me', { headers: { 'X-Large': 'x'.repeat(17_000) } })).status).toBe(431);
  });
});

describe('head and body', () => {
  it('have to come within a time, after which nobody waits any more', async () => {
    const koa = new Koa<RequestState>();
    koa.use(async ({ req }) => {
      for await (const _chunk of req);
    });
    const server = httpServer(koa, { headMs: 300, requestMs: 600, lookEveryMs: 50 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    /** Sends this and no more, and waits until the server has had enough of it. */
    const answerTo = async (sent: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.write(sent);
      let received = '';
      for await (const chunk of socket) received += String(chunk);
      return received;
    };
    koa.on('error', () => {});
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\n';
    try {
      expect(await answerTo(head)).toMatch(/^HTTP\/1\.1 408 /);
      expect(await answerTo(`${head}Content-Length: 100\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('event streams', () => {
  const open: OpenStream[] = [];
  const follow = async (who: ApiClient): Promise<OpenStream> => {
    const stream = await openStream(`${api.url}/api/v1/events/stream`, who.headers);
    open.push(stream);
    return stream;
  };
  afterAll(() => {
    for (const stream of open) stream.close();
  });

  it('are only so many for each person, each tenant and each process', async () => {
    const member = () => signInAs(api, { role: 'viewer', tenantId: tenant.id });
    const refusal = async (who: ApiClient) => {
      const { status, body } = await who.get('/events/stream');
      return [status, body.code];
    };
    const first = await follow(person);
    expect([first.status, (await follow(person)).status]).toEqual([200, 200]);
    expect(await refusal(person)).toEqual([429, 'request.too-many-streams']);

    expect((await follow(await member())).status).toBe(200);
    expect(await refusal(await member())).toEqual([429, 'request.too-many-streams']);
    const elsewhere = () => buildTenant(api.db).then(({ id }) => signInAs(api, { role: 'viewer', tenantId: id }));
    expect((await follow(await elsewhere())).status).toBe(200);
    expect(await refusal(await elsewhere())).toEqual([503, 'server.busy']);

    first.close();
    await expect.poll(async () => (await follow(person)).status, { timeout: 20_000 }).toBe(200);
  });
});
