import type { Page } from 'playwright-core';
import { answerings } from './states.ts';

/**
 * The pages that are about the people of one tenant, by name: that of the first viewer, the question whether he may
 * restart, and an invitation that is open.
 */
export async function addressesOfPeople(page: Page): Promise<Record<string, string>> {
  const read = async (path: string) => (await (await page.request.get(`/api/v1${path}`)).json()).items[0];
  const viewer = await read('/members?role=viewer&limit=1');
  const { tenantId } = viewer ?? (await read('/instances?limit=1'));
  const question = `?permission=instance%3Arestart${viewer ? `&userId=${viewer.userId}` : ''}`;
  // By the page itself, which is who may use its session.
  const token = await page.evaluate(
    async (body) => {
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() };
      const made = await fetch('/api/v1/invitations', { method: 'POST', headers, body });
      return (await made.json()).token as string;
    },
    JSON.stringify({ tenantId, role: 'viewer', note: 'Gustav, for the audit of spring' }),
  );
  const below = Object.entries({ audit: '', members: '', roles: '', explain: question });
  return {
    ...Object.fromEntries(below.map(([name, query]) => [name, `/t/${tenantId}/p/all/${name}${query}`])),
    invitation: `/invitation#${token}`,
  };
}

/** They are taken by `takePeople`, and not as pages of all tenants. */
export const ofOneTenant = ['audit', 'members', 'roles', 'explain'];

export async function takePeople(page: Page, take: (name: string) => Promise<void>): Promise<void> {
  const addresses = await addressesOfPeople(page);
  for (const [name, address] of Object.entries(addresses)) {
    await page.goto(address);
    await page.locator('h1').waitFor();
    await take(name);
  }
  await page.route(/\/api\/v1\/members\?/, answerings.limited);
  await page.goto(addresses.members ?? '');
  await page.locator('[role="alert"]').waitFor();
  await take('too-many-requests');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
}
