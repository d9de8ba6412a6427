// Makes the pictures in docs/screenshots from a product that runs. `npm run screenshots` brings one up; of another:
//   node web/screenshots/make.ts --url http://localhost:8080 --user admin --password ... --browser PROGRAM [--to DIR]
// The product should hold something worth looking at: a tenant, a project, instances of a template, rollouts.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { addressesOfPeople, ofOneTenant, takePeople } from './people.ts';
import { takeStates } from './states.ts';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:8080' },
    user: { type: 'string', default: 'admin' },
    password: { type: 'string' },
    instance: { type: 'string' },
    to: { type: 'string', default: join(docs, 'screenshots') },
    browser: { type: 'string' },
    // Instead: the pages about people and rights with little, much, slow and no data, for who changes them to look at.
    states: { type: 'boolean', default: false },
    // Of these pages alone, which need no fleet.
    people: { type: 'boolean', default: false },
  },
});
const { url, user, password, to } = values;
if (!password || !values.browser) throw new Error('--password or --browser is missing');
const taken = new Set<string>();

interface Look {
  name: string;
  language: 'en' | 'zh-CN';
  theme: 'light' | 'dark';
  width: number;
  height: number;
}

const looks: Look[] = [
  { name: 'desktop', language: 'en', theme: 'light', width: 1280, height: 860 },
  { name: 'desktop-dark-zh', language: 'zh-CN', theme: 'dark', width: 1280, height: 860 },
  { name: 'phone', language: 'en', theme: 'light', width: 390, height: 844 },
];

const looksOfStates: Look[] = ([1280, 1920, 390] as const).flatMap((width) =>
  (['en', 'zh-CN'] as const).map((language) => ({
    name: `${width}-${language}`,
    language,
    theme: width === 1920 ? 'dark' : 'light',
    width,
    height: 860,
  })),
);

/** Everything has been asked for and drawn; the event stream never ends, so the network is never idle. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('[role="status"][aria-label]') === null);
  await page.evaluate(() => document.fonts.ready);
  // What slides in has arrived.
  await page.waitForTimeout(700);
}

async function signIn(page: Page): Promise<void> {
  await page.locator('input[name="username"]').fill(user);
  await page.locator('input[name="password"]').fill(password ?? '');
  await page.locator('form').press('Enter');
  await page.waitForURL(/\/t\//);
}

/** Whatever the portal offers to this person; a new page of the menu gets its picture by itself. */
async function pagesOfMenu(page: Page): Promise<string[]> {
  await page.goto('/t/all/p/all/instances');
  await page.locator('h1').waitFor();
  const narrow = page.locator('nav.navigation');
  const addresses = await narrow.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  return addresses.flatMap((address) => address?.split('?')[0]?.split('/').slice(-1) ?? []);
}

async function openInstance(page: Page): Promise<void> {
  const links = page.locator('td a.strong-link');
  await (values.instance ? links.filter({ hasText: values.instance }) : links).first().click();
  await page.locator('[data-card="state"]').waitFor();
}

/** The first template with all that can be seen of it; nothing where there is none. */
async function takeConfig(page: Page, take: (name: string) => Promise<void>): Promise<void> {
  await page.goto('/t/all/p/all/configs');
  const links = page.locator('td a.strong-link');
  await page.locator('.list-card .rows, .list-card .empty').first().waitFor();
  if ((await links.count()) === 0) return;
  await links.first().click();
  await page.locator('.verdict [data-valid]').waitFor();
  await take('config');
  const address = page.url().split('?')[0];
  await page.goto(`${address}?tab=versions`);
  await page.locator('tbody tr').first().waitFor();
  await take('config-versions');
  await page.goto(`${address}?tab=diff`);
  // Attached is enough: where lines were only added, what was deleted is there with no height.
  await page.locator('.cm-mergeView, .cm-deletedChunk, .empty').first().waitFor({ state: 'attached' });
  await take('config-diff');
}

/** The newest rollout, and the beginning of another; nothing where there is none. */
async function takeRollout(page: Page, take: (name: string) => Promise<void>): Promise<void> {
  await page.goto('/t/all/p/all/rollouts');
  const links = page.locator('td a.strong-link');
  await page.locator('.list-card .rows, .list-card .empty').first().waitFor();
  if ((await links.count()) > 0) {
    await links.first().click();
    await page.locator('[data-wave] canvas').first().waitFor();
    await take('rollout');
  }
  await page.goto('/t/all/p/all/instances');
  await page.locator('td input[type="checkbox"]').first().check();
  await take('bulk');
  const inTheOpen = page.locator('[data-bulk-action="restart"]');
  if (await inTheOpen.isVisible()) await inTheOpen.click();
  else {
    await page.locator('.bulk .narrow').click();
    await page.locator('[data-action="restart"]').click();
  }
  await page.locator('#new-rollout .radius').waitFor();
  await take('new-rollout');
}

async function openPortal(browser: Browser, { language, theme, width, height }: Look): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, baseURL: url, deviceScaleFactor: 1 });
  await context.addInitScript(
    (kept) => localStorage.setItem('occ.preferences', kept),
    JSON.stringify({ language, theme }),
  );
  // Whoever takes pictures may have a busy machine.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.locator('input[name="username"]').waitFor();
  return page;
}

async function takeEachState(browser: Browser, look: Look): Promise<void> {
  const page = await openPortal(browser, look);
  await signIn(page);
  await takeStates(page, await addressesOfPeople(page), { to, look: look.name, settle: settled });
  await page.context().close();
}

async function takeAll(browser: Browser, { name: look, ...rest }: Look): Promise<void> {
  const page = await openPortal(browser, { name: look, ...rest });
  const take = async (name: string): Promise<void> => {
    await settled(page);
    await page.screenshot({ path: join(to, `${name}-${look}.png`) });
    taken.add(name);
    process.stdout.write(`${name}-${look}.png\n`);
  };

  if (values.people) {
    await signIn(page);
    await takePeople(page, take);
    return page.context().close();
  }
  await take('sign-in');
  await signIn(page);
  for (const list of await pagesOfMenu(page)) {
    if (ofOneTenant.includes(list)) continue;
    await page.goto(`/t/all/p/all/${list}`);
    await page.locator('h1').waitFor();
    await take(list);
  }
  await takePeople(page, take);
  await takeConfig(page, take);
  await takeRollout(page, take);
  await page.goto('/t/all/p/all/instances');
  await openInstance(page);
  await take('instance');
  const address = page.url();
  await page.goto(`${address}?tab=configuration`);
  await page.locator('[data-card="configuration"]').waitFor();
  await take('instance-configuration');
  await page.goto(`${address}?tab=revisions`);
  await page.locator('[data-card="drift"]').waitFor();
  await take('instance-revisions');
  const compare = page.locator('[data-compare]').last();
  if ((await compare.count()) > 0) {
    await compare.click();
    await page.locator('.cm-mergeView, .cm-deletedChunk, .empty').first().waitFor();
    await take('instance-revision-diff');
  }
  await page.goto(address);
  await page.locator('[data-card="operation"] h2 a').first().click();
  await page.locator('ol.timeline').waitFor();
  await take('operation');
  await page.goto('/t/all/p/all/instances');
  await page.locator('.page-header button').click();
  await page.locator('#create-instance').waitFor();
  await fillIn(page);
  await take('create-instance');
  await page.context().close();
}

/** Enough of the form that the result can be shown beside it. */
async function fillIn(page: Page): Promise<void> {
  await page.locator('#create-instance input[name="name"]').fill('assistant');
  await page.locator('#create-instance .el-select').first().click();
  await page.locator('.el-select-dropdown__item:visible').first().click();
  await page.locator('.preview .meters').waitFor();
  await page.locator('.preview .cm-content').first().waitFor();
}

mkdirSync(to, { recursive: true });
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const quiet = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-dev-shm-usage'];
const browser = await chromium.launch({ executablePath: values.browser, args: [...quiet, ...asRoot] });
try {
  for (const look of values.states ? looksOfStates : looks)
    await (values.states ? takeEachState : takeAll)(browser, look);
} finally {
  await browser.close();
}
const shown = readFileSync(join(docs, 'portal.md'), 'utf8');
for (const name of taken) {
  if (!shown.includes(`(screenshots/${name}-desktop.png)`))
    process.stdout.write(`docs/portal.md does not show ${name}\n`);
}
