import type { Page } from 'playwright-core';

/** What the browser's main thread has done for the page since it was opened: script, style, layout and paint. */
async function busyMs(session: Awaited<ReturnType<typeof sessionOf>>): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value;
  if (seconds === undefined) throw new Error('Chromium tells no TaskDuration');
  return seconds * 1_000;
}

async function sessionOf(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return session;
}

/** Everything that an answer leads to has been drawn. */
const drawn = (page: Page): Promise<unknown> =>
  page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50))))',
  );

/** Keeps the longest from then on. */
const watchTasks = `
  window.longestTaskMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longestTaskMs = Math.max(window.longestTaskMs, duration);
  }).observe({ type: 'longtask' });
`;

/**
 * The main thread's milliseconds for each update of a page, from the event that tells of it until it is drawn.
 * @param change makes the n-th change on the server
 * @param answers the request by which the page reads it
 */
export async function costOfUpdates(
  page: Page,
  { updates, change, answers }: { updates: number; change: (n: number) => Promise<void>; answers: RegExp },
): Promise<number[]> {
  const session = await sessionOf(page);
  const costs: number[] = [];
  for (let n = 0; n < updates; n += 1) {
    await drawn(page);
    const before = await busyMs(session);
    const read = page.waitForResponse((response) => answers.test(response.url()));
    await change(n);
    await (await read).finished();
    await drawn(page);
    costs.push((await busyMs(session)) - before);
  }
  await session.detach();
  return costs;
}

/** The longest single piece of work of the main thread while `during` goes on; what is below 50 ms counts as 0. */
export async function longestTask(page: Page, during: () => Promise<void>): Promise<number> {
  await page.evaluate(watchTasks);
  await during();
  await drawn(page);
  return page.evaluate<number>('window.longestTaskMs');
}
