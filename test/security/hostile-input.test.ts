import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../server/http/openapi.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildUser, signInByToken } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { withoutLimits } from '../factories/without-limits.ts';
import { Client } from 'pg';
import { buildOwnedRows, buildSurroundings, type OwnedRows } from '../integration/owned-rows.ts';
import { ask } from '../isolation/ask.ts';
import { buildRequest, type Wanted } from '../isolation/build-request.ts';
import { operationsOf, type ApiDocument, type Operation } from '../isolation/document.ts';
import type { Kind } from '../isolation/kinds.ts';
import { nameOf } from '../isolation/references.ts';
import { textsOf } from '../isolation/texts.ts';

const operations = operationsOf(openApiDocument(allRoutes({} as RouteDeps), 'test') as unknown as ApiDocument);

let api: TestApi;
let owned: OwnedRows;
let shared: Partial<Record<Kind, string>>;
let administrator: ApiClient;
beforeAll(async () => {
  api = await startApi({ checkDrift: async () => {}, checkpointAudit: async () => {}, environment: withoutLimits });
  const owner = new Client({ connectionString: api.database.ownerUrl });
  await owner.connect();
  const { clusterId, agentVersionId } = await buildSurroundings(owner);
  owned = await buildOwnedRows(owner, { clusterId, agentVersionId });
  await owner.end();
  shared = { cluster: clusterId, agentVersion: agentVersionId };
  administrator = await signInByToken(api.anyone, await buildUser(api.db, { role: 'platform-administrator' }));
});
afterAll(() => api?.close());

const requestFor = (operation: Operation, instead?: Wanted['instead']) =>
  buildRequest(operation, {
    ids: (kind) => shared[kind] ?? owned.ids[kind as keyof OwnedRows['ids']],
    ...(instead && { instead }),
  });

const hostile: Record<string, string> = {
  'a line of a header': 'sample\r\nX-Injected: yes\r\n\r\n',
  'half a character': 'sample\ud800',
  'text that turns round': 'sample\u202etxt.exe',
  'nothing that can be seen': '\u200b\u2060\ufeff',
  'U+0000': 'sample\0',
  SQL: `sample' or '1'='1' -- %_\\`,
  'a path': '../../../etc/passwd',
  'a name of every object': '__proto__',
  'far too much': 'x'.repeat(100_000),
};

describe('whatever is written where text can be', () => {
  const all = operations.flatMap((operation) =>
    textsOf(operation).map((at) => [`${operation.id} ${nameOf({ ...at, kind: 'tenant' })}`, operation, at] as const),
  );

  it.each(all)('is taken or refused, and is no fault of ours: %s', async (_name, operation, at) => {
    for (const [what, text] of Object.entries(hostile)) {
      if (at.in === 'query' && text.length > 10_000) continue;
      const { status, headers } = await ask(
        administrator,
        requestFor(operation, { at: { ...at, kind: 'tenant' }, id: text }),
      );
      expect({ what, status, injected: headers['x-injected'] }).toEqual({
        what,
        status: expect.toSatisfy((answered: number) => answered < 500),
        injected: undefined,
      });
    }
  });
});

describe('a header', () => {
  it.each(['id\r\nX-Injected: yes', 'id with spaces', '<script>', 'x'.repeat(200)])(
    'with an id that is none of ours is not given back: %j',
    async (id) => {
      const [head = ''] = (await sendRaw(api.url, ['GET /api/v1/version HTTP/1.1', `X-Request-Id: ${id}`])).split(
        '\r\n\r\n',
      );
      expect(head).not.toMatch(/^X-Injected/im);
      expect(/^X-Request-Id: (.*)$/im.exec(head)?.[1]).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('that names another host gets into no address that we write', async () => {
    const { status, body, headers } = await administrator.post(
      '/invitations',
      { tenantId: owned.tenantId, role: 'viewer' },
      { 'X-Forwarded-Host': 'evil.example.test', Forwarded: 'host=evil.example.test' },
    );
    expect(status).toBe(201);
    expect(new URL(body.url).origin).toBe('https://portal.example.test');
    expect(headers.get('Location')).toBe(`/api/v1/invitations/${body.id}`);
  });

  it('that a proxy would set says nothing of where somebody is', async () => {
    const requestId = `request-${Date.now()}`;
    const sent = { 'X-Forwarded-For': '203.0.113.7', 'X-Real-IP': '203.0.113.7', Forwarded: 'for=203.0.113.7' };
    const wrong = { name: 'nobody-at-all', password: 'not this one' };
    await api.anyone.post('/auth/login', wrong, { ...sent, 'X-Request-Id': requestId });
    const { body } = await administrator.get(`/audit?requestId=${requestId}`);
    expect(body.items).toMatchObject([
      { outcome: 'denied', detail: { address: expect.stringContaining('127.0.0.1') } },
    ]);
  });

  it('that says twice where the request ends is refused, and nothing is taken for a second request', async () => {
    const smuggled = 'GET /api/v1/version HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const framing of [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Content-Length: 5', 'Content-Length: 50'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding : chunked'],
    ]) {
      const lines = ['POST /api/v1/auth/login HTTP/1.1', 'Content-Type: application/json', ...framing];
      const answer = await sendRaw(api.url, lines, `0\r\n\r\n${smuggled}`);
      expect({ framing, answer: answer.split('\r\n')[0] }).toEqual({ framing, answer: 'HTTP/1.1 400 Bad Request' });
      expect(answer).not.toContain('open-cluster-claw"');
    }
  });

  it('of an address with the end of a line in it is not answered with', async () => {
    const answer = await sendRaw(api.url, ['GET /api/v1/instances/%0d%0aX-Injected:%20yes HTTP/1.1']);
    expect(answer).not.toMatch(/^X-Injected/im);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });
});

const withBody = operations.filter(({ body }) => body !== null);

describe('a body', () => {
  const send = (operation: Operation, body: string, headers: Record<string, string> = {}) => {
    const { path, headers: own } = requestFor(operation);
    return administrator.request(operation.method, path, { body, headers: { ...own, ...headers } });
  };
  const depth = 20_000;

  it.each(withBody.map((operation) => [operation.id, operation] as const))(
    'that is too deep, too large or too clever is refused: %s',
    async (_id, operation) => {
      const { body } = requestFor(operation);
      const written = JSON.stringify(body).slice(1);
      const more = (members: string) => `{${members}${written === '}' ? '' : ','}${written}`;
      const answers = {
        'lists in lists': await send(operation, '['.repeat(depth) + ']'.repeat(depth)),
        'objects in objects': await send(operation, more(`"deep":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)),
        'a megabyte': await send(operation, more(`"more":"${'x'.repeat(2 ** 20)}"`)),
        'a prototype': await send(operation, more('"__proto__":{"isPlatform":true}')),
        'a prototype, written otherwise': await send(operation, more('"\\u005f_proto__":{"isPlatform":true}')),
        'a constructor': await send(operation, more('"constructor":{"prototype":{"isPlatform":true}}')),
        'no object': await send(operation, '"text"'),
        nothing: await send(operation, ''),
      };
      const statuses = Object.fromEntries(Object.entries(answers).map(([what, { status }]) => [what, status]));
      const refused = expect.toSatisfy((status: number) => [400, 413, 422].includes(status));
      expect(statuses).toEqual({
        ...Object.fromEntries(Object.keys(answers).map((what) => [what, refused])),
        // Some bodies may be left out.
        nothing: expect.toSatisfy((status: number) => status < 500),
      });
      expect(({} as { isPlatform?: boolean }).isPlatform).toBeUndefined();
    },
  );

  it('that grows when it is unpacked is refused by what it grows to', async () => {
    const bomb = gzipSync(`{"name":"${'x'.repeat(2 ** 24)}"}`);
    const response = await fetch(`${api.url}/api/v1/tenants`, {
      method: 'POST',
      headers: { ...administrator.headers, 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: bomb,
    });
    expect(response.status).toBe(413);
  });
});

describe('a query', () => {
  const read = operations.filter(({ method, answers }) => method === 'GET' && answers !== 'stream');
  it.each(read.map((operation) => [operation.id, operation] as const))(
    'with a name of every object is an unknown field: %s',
    async (_id, operation) => {
      const { path } = requestFor(operation);
      for (const name of ['__proto__', 'constructor', '__proto__[isPlatform]', 'toString', 'hasOwnProperty']) {
        const { status, body } = await administrator.get(`${path}${path.includes('?') ? '&' : '?'}${name}=1`);
        expect({ name, status, code: body.code }).toEqual({ name, status: 422, code: 'request.invalid' });
      }
    },
  );
});

/** What fetch would not send. */
function sendRaw(url: string, lines: readonly string[], body = ''): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${[...lines, `Host: ${hostname}`, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`);
    });
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
