import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildUser } from '../factories/people.ts';
let api: TestApi;
beforeAll(async () => { api = await startApi(); });
afterAll(() => api.close());
describe('x', () => { it('me', async () => {
  const user = await buildUser(api.db, { role: 'platform-administrator' });
  const a = await api.anyone.post('/auth/login', { name: user.name, password: user.password });
  console.log(a);
  console.log(await api.anyone.get('/me'));
  console.log(await api.anyone.get('/nothing'));
  expect(a.status).toBe(200);
}); });
