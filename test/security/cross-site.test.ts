import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { openApiDocument } from '../../server/http/openapi.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { signInAsAdministrator } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildRequest } from '../isolation/build-request.ts';
import { operationsOf, type ApiDocument } from '../isolation/document.ts';
import { knock } from './knock.ts';

const operations = operationsOf(openApiDocument(allRoutes({} as RouteDeps), 'test') as unknown as ApiDocument);
const named = (some: typeof operations) => some.map((operation) => [operation.id, operation] as const);

let api: TestApi;
let victim: ApiClient;
beforeAll(async () => {
  api = await startApi();
  victim = await signInAsAdministrator(api);
});
afterAll(() => api?.close());

/** What a browser sends along when a page of somebody else makes it ask. */
const fromElsewhere: Record<string, Record<string, string>> = {
  'another origin': { Origin: 'https://evil.example.test', 'Sec-Fetch-Site': 'cross-site' },
  'another origin, of a browser that says no more': { Origin: 'https://evil.example.test', 'Sec-Fetch-Site': '' },
  'a sandboxed frame': { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
  'a sibling of our host': { Origin: 'https://other.example.test', 'Sec-Fetch-Site': 'same-site' },
  'a name that begins like ours': { Origin: 'https://portal.example.test.evil.test', 'Sec-Fetch-Site': 'cross-site' },
  'no origin, but the browser says so': { 'Sec-Fetch-Site': 'cross-site' },
};
const requestFor = (operation: (typeof operations)[number]) => buildRequest(operation, { ids: () => randomUUID() });

describe('a page of another site', () => {
  const changing = operations.filter(({ method }) => method !== 'GET');
  it.each(named(changing))('cannot have its visitor ask for a change: %s', async (_id, operation) => {
    const { method, path, body, headers } = requestFor(operation);
    for (const [what, sent] of Object.entries(fromElsewhere)) {
      const answer = await victim.request(method, path, { body, headers: { ...headers, ...sent } });
      expect({ what, status: answer.status, code: answer.body.code }).toEqual({
        what,
        status: 403,
        code: 'request.cross-site',
      });
    }
  });

  const streams = operations.filter(({ answers }) => answers === 'stream');
  it.each(named(streams))('cannot follow what its visitor may see: %s', async (_id, operation) => {
    for (const [what, sent] of Object.entries(fromElsewhere)) {
      const answer = await victim.request('GET', requestFor(operation).path, { headers: sent });
      expect({ what, status: answer.status, code: answer.body.code }).toEqual({
        what,
        status: 403,
        code: 'request.cross-site',
      });
    }
  });

  it.each(named(operations))('opens no socket, and is let read nothing: %s', async (_id, operation) => {
    const { path } = requestFor(operation);
    const origin = 'https://evil.example.test';
    for (const method of ['GET', 'OPTIONS']) {
      const headers = {
        ...victim.headers,
        Origin: origin,
        'Sec-Fetch-Site': 'cross-site',
        'Access-Control-Request-Method': operation.method,
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      const answer = await knock(`${api.url}/api/v1${path}`, method, headers);
      expect(answer.status).not.toBe(101);
      expect(answer.headers.filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});

describe('a form of another site', () => {
  it.each(named(operations.filter(({ body }) => body !== null)))(
    'is not taken for JSON: %s',
    async (_id, operation) => {
      const { method, path, body, headers } = requestFor(operation);
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/csp-report']) {
        const answer = await victim.request(method, path, {
          body: JSON.stringify(body),
          headers: { ...headers, 'Content-Type': type },
        });
        expect({ type, status: answer.status }).toEqual({ type, status: 415 });
      }
    },
  );
});
