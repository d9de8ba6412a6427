import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';

type Answering = (route: Route) => Promise<void>;

const problem = (status: number, code: string, headers: Record<string, string> = {}): Answering => {
  const body = JSON.stringify({ type: 'about:blank', title: code, status, code, requestId: 'of-a-picture' });
  return (route) => route.fulfill({ status, headers, contentType: 'application/problem+json', body });
};

const changed =
  (change: (page: { items: Record<string, unknown>[]; next: unknown; total: number }) => unknown): Answering =>
  async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: 'items' in body ? change(body) : body });
  };

const long = 'Maximiliane-Theodora von und zu Hohenschwangau-Wittelsbach';
const stretched = (value: unknown): unknown => (typeof value === 'string' && value !== '' ? long : value);

/** A list that says little, much or nothing, and an api that is slow, away, or has had enough. */
export const answerings = {
  empty: changed((page) => ({ ...page, items: [], next: null, total: 0 })),
  many: changed(({ items }) => ({
    items: Array.from({ length: 60 }, (_, at) => {
      const item = items[at % Math.max(items.length, 1)] ?? {};
      const words = ['displayName', 'note', 'objectName', 'roleName', 'description'];
      const texts = words.flatMap((word) => (word in item && at % 3 === 0 ? [[word, stretched(item[word])]] : []));
      return { ...item, id: `${String(item.id)}-${at}`, ...Object.fromEntries(texts) };
    }),
    next: 'another-page',
    total: 4_321,
  })),
  slow: () => new Promise(() => undefined),
  away: problem(503, 'server.unavailable'),
  limited: problem(429, 'request.rate-limited', { 'Retry-After': '42' }),
} satisfies Record<string, Answering>;

/** Lists of what is shown, and not what the frame of the portal asks for. */
const asked = /\/api\/v1\/(members|invitations|roles|permissions|access\/explain|audit)(\/verify|\/look)?(\?|$)/;

/**
 * The pages about people and rights in every state that they can be in: to be looked at by who changes them.
 * @param addresses by name, below the portal's address
 */
export async function takeStates(
  page: Page,
  addresses: Readonly<Record<string, string>>,
  { to, look, settle }: { to: string; look: string; settle: (page: Page) => Promise<void> },
): Promise<void> {
  for (const [state, answering] of Object.entries({ full: null, ...answerings })) {
    if (answering) await page.route(asked, answering);
    for (const [name, address] of Object.entries(addresses)) {
      await page.goto(address);
      await page.locator('h1').waitFor();
      if (state === 'slow') await page.waitForTimeout(1_000);
      else await settle(page);
      await page.screenshot({ path: join(to, `${name}-${state}-${look}.png`) });
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }
}
