import type { Locator, Page } from 'playwright-core';

type Control = 'Pause' | 'Resume' | 'Promote' | 'Abort' | 'Roll back';

/** An agent on two cores that others want too takes its time. */
const patience = { timeout: 300_000 };

/** The page of one rollout. It is never loaded again: what it comes to show, it shows because things have happened. */
export class RolloutView {
  readonly #page: Page;
  readonly #header: Locator;

  private constructor(page: Page) {
    this.#page = page;
    this.#header = page.getByRole('main').locator('header').first();
  }

  static async open(page: Page, url: string): Promise<RolloutView> {
    await page.goto(url);
    const view = new RolloutView(page);
    await page.locator('[data-wave="1"]').waitFor();
    return view;
  }

  untilPhase(phase: string): Promise<void> {
    return this.#header.locator(`[data-phase="${phase}"]`).waitFor(patience);
  }

  untilPaused(reason: string): Promise<void> {
    return this.#page.locator('[data-pause]').getByText(reason).waitFor(patience);
  }

  untilWave(number: number, phase: string): Promise<void> {
    return this.#wave(number).locator(`header [data-phase="${phase}"]`).waitFor(patience);
  }

  /** What the cells of a wave stand for, as it is read to whoever cannot see them: one of these. */
  untilCells(number: number, ...counts: string[]): Promise<void> {
    const name = new RegExp(`^Wave ${number}: (${counts.join('|')})$`);
    return this.#wave(number).getByRole('listbox', { name }).waitFor(patience);
  }

  /** One measure of a wave's analysis, as it is read to whoever cannot see the chart. */
  async chart(number: number, metric: string): Promise<string> {
    const chart = this.#wave(number).getByRole('img', { name: metric });
    await chart.waitFor(patience);
    return (await chart.getAttribute('aria-label')) ?? '';
  }

  /** What it says of the problem that it ended with. */
  async problem(code: string): Promise<string> {
    const alert = this.#page.getByRole('alert').filter({ hasText: code });
    return (await alert.textContent()) ?? '';
  }

  /** What was decided so far, the oldest first. */
  async timeline(): Promise<string[]> {
    const lines = await this.#page.locator('[data-decision]').all();
    const read = lines.map(async (line) => {
      const texts = await line.locator('.what, .why:not(.soft)').allTextContents();
      return texts.join(': ');
    });
    return (await Promise.all(read)).toReversed();
  }

  /** Presses a button and confirms it with a reason. @returns what the dialog says that it touches */
  async press(control: Control, reason: string): Promise<string[]> {
    await this.#header.getByRole('button', { name: control, exact: true }).click();
    const dialog = this.#page.getByRole('dialog');
    await dialog.waitFor();
    const said = await dialog.getByRole('listitem').allTextContents();
    await dialog.getByLabel('Reason').fill(reason);
    await dialog.getByRole('button', { name: control, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    return said;
  }

  #wave(number: number): Locator {
    return this.#page.locator(`[data-wave="${number}"]`);
  }
}
