import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../server/http/openapi.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildUser, signInByToken } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildOwnedRows, buildSurroundings, type OwnedRows } from '../integration/owned-rows.ts';
import { knock } from '../security/knock.ts';

// Whatever Schemathesis has found so far, request by request, so that it is found again without its help: what it thinks of
// with the same seed changes with every change of the description. A new finding is entered here by who mends it.

interface PastFailure {
  was: string;
  /** The check that found it. */
  by: string;
  as?: 'platform administrator';
  request: { method: string; path: string; headers?: Record<string, string>; body?: string };
  status: number;
  code?: string;
  headers?: Record<string, string>;
}

const found = JSON.parse(readFileSync(new URL('past-failures.json', import.meta.url), 'utf8')) as PastFailure[];
const { paths } = openApiDocument(allRoutes({} as RouteDeps), 'test');

let api: TestApi;
let owned: OwnedRows;
let people: Record<'tenant administrator' | 'platform administrator', ApiClient>;
beforeAll(async () => {
  api = await startApi();
  const owner = new Client({ connectionString: api.database.ownerUrl });
  await owner.connect();
  owned = await buildOwnedRows(owner, await buildSurroundings(owner));
  await owner.end();
  const person = async (role: 'tenant-administrator' | 'platform-administrator', tenantId?: string) =>
    signInByToken(api.anyone, await buildUser(api.db, { role, ...(tenantId && { tenantId }) }));
  people = {
    'tenant administrator': await person('tenant-administrator', owned.tenantId),
    'platform administrator': await person('platform-administrator'),
  };
});
afterAll(() => api?.close());

const filled = (text: string): string =>
  text
    .replace('{tenant}', owned.ids.tenant)
    .replace('{project}', owned.ids.project)
    .replace('{nobody}', '01a21f15-c267-7462-a3af-05f58d99ecff')
    .replace('{instance}', owned.ids.instance)
    .replace('{far too much}', 'x'.repeat(20_000))
    .replace('{21 labels}', Array.from({ length: 21 }, (_, at) => `a=${at}`).join('&label='));

describe('what Schemathesis once found', () => {
  it.each(
    found.map((failure) => [`${failure.request.method} ${failure.request.path} (${failure.was})`, failure] as const),
  )('is as the description says: %s', async (_name, { request, status, code, headers = {}, as }) => {
    const person = people[as ?? 'tenant administrator'];
    const sent = { ...person.headers, ...request.headers };
    const path = filled(request.path);
    // Of empty headers fetch sends none.
    const isBare = Object.values(sent).includes('');
    const answer = isBare
      ? await knock(`${api.url}/api/v1${path}`, request.method, sent)
      : await person.request(request.method, path, {
          headers: { ...request.headers },
          ...(request.body !== undefined && { body: filled(request.body) }),
        });
    expect(answer.status).toBe(status);
    if ('body' in answer) {
      if (code) expect(answer.body.code).toBe(code);
      for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value);
    }
    expect(declaredStatuses(request.path, request.method)).toContain(String(status));
  });
});

/** Those of the operation, or 405 where there is none. */
function declaredStatuses(path: string, method: string): string[] {
  const plain = `/api/v1${path.replace(/\?.*/, '').replace(/\{[a-z]+\}/, '{id}')}`;
  const operation = (paths?.[plain] as Record<string, { responses: object }> | undefined)?.[method.toLowerCase()];
  return operation ? Object.keys(operation.responses) : ['405'];
}
