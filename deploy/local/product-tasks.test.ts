import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { ensureAdministrator } from './product-tasks.ts';

let database: TestDatabase;
const directory = mkdtempSync(join(tmpdir(), 'occ-product-tasks-'));
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database?.drop();
});

it('the password of the administrator is kept before his account is made, and shown for as long as it is right', async () => {
  const environment = { ...process.env, DATABASE_URL: database.appUrl };
  const file = join(directory, 'administrator');
  await expect(ensureAdministrator({ ...environment, DATABASE_URL: 'nowhere' }, file)).rejects.toThrow();
  const password = readFileSync(file, 'utf8').trim();
  expect(password.length).toBeGreaterThan(16);

  expect(await ensureAdministrator(environment, file)).toEqual({ name: 'admin', password });
  expect(await ensureAdministrator(environment, file)).toEqual({ name: 'admin', password });
  expect(await ensureAdministrator(environment, join(directory, 'of-another-start'))).toEqual({ name: 'admin' });
}, 60_000);
