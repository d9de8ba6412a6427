import type { Locator, Page } from 'playwright-core';
import type { ApiAnswer } from '../factories/api-client.ts';

export type Sent = Pick<ApiAnswer, 'status' | 'body'>;

/** What a person does in the portal, by what he reads on it. */
export class Portal {
  readonly page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.page.goto(this.#url);
    await this.page.getByLabel('User name').fill(name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
  }

  async goTo(title: 'Instances' | 'Tenants' | 'Projects' | 'Secrets'): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: title }).click();
    await this.page.getByRole('heading', { name: title, level: 1 }).waitFor();
  }

  /** Opens a form, has it filled in, and sends it. @returns what the api answered */
  async create(noun: 'tenant' | 'project' | 'secret' | 'instance', fill: (form: Form) => Promise<void>): Promise<Sent> {
    await this.page
      .getByRole('button', { name: `Create ${noun}` })
      .first()
      .click();
    const article = noun === 'instance' ? 'an' : 'a';
    const dialog = this.page.getByRole('dialog', { name: `Create ${article} ${noun}` });
    await dialog.waitFor();
    await fill(new Form(this.page, dialog));
    const sent = await this.#send(() => dialog.getByRole('button', { name: 'Create', exact: true }).click());
    await dialog.waitFor({ state: 'hidden' });
    return sent;
  }

  /** Of the instance whose page is open. */
  phase(): Promise<string | null> {
    return this.page.locator('header [data-phase]').first().getAttribute('data-phase');
  }

  async untilPhase(phase: string): Promise<void> {
    await this.page.locator(`header [data-phase="${phase}"]`).waitFor({ timeout: 240_000 });
  }

  /** The steps of the operation that is shown, as they are read. */
  async steps(): Promise<string[]> {
    const lines = await this.page.locator('[data-step]').all();
    return Promise.all(
      lines.map(async (line) => {
        const [name, state] = [line.locator('.name'), line.locator('.state')];
        return `${await name.textContent()}: ${await state.textContent()}`;
      }),
    );
  }

  /** One of the instance's actions, confirmed where that is asked for, with the name where it wants to be typed. */
  async act(verb: 'Start' | 'Stop' | 'Restart' | 'Kill' | 'Delete' | 'Purge volume', typed?: string): Promise<Sent> {
    if (verb === 'Start') return this.#send(() => this.#press(verb));
    await this.#press(verb);
    const dialog = this.page.getByRole('dialog', { name: new RegExp(`^${verb.split(' ')[0]}`) });
    if (typed) await dialog.getByLabel(`Type ${typed} to confirm`).fill(typed);
    const sent = await this.#send(() => dialog.getByRole('button', { name: verb }).click());
    await dialog.waitFor({ state: 'hidden' });
    return sent;
  }

  /** Opens the editor of the instance's configuration and size, and applies what was changed there. */
  async change(fill: (form: Form) => Promise<void>): Promise<Sent> {
    await this.#press('Change');
    const dialog = this.page.getByRole('dialog', { name: /^Change / });
    await dialog.waitFor();
    await fill(new Form(this.page, dialog));
    const sent = await this.#send(() => dialog.getByRole('button', { name: 'Apply' }).click());
    await dialog.waitFor({ state: 'hidden' });
    return sent;
  }

  async #send(press: () => Promise<void>): Promise<Sent> {
    const answering = this.page.waitForResponse(
      (response) => response.request().method() !== 'GET' && !response.url().endsWith('/preview'),
    );
    await press();
    const answer = await answering;
    const sent = { status: answer.status(), body: await answer.json() };
    if (!answer.ok()) throw new Error(`The portal was refused with ${JSON.stringify(sent)}`);
    return sent;
  }

  async #press(verb: string): Promise<void> {
    const header = this.page.getByRole('main').locator('header');
    const button = header.getByRole('button', { name: verb, exact: true });
    if (verb !== 'Kill' && verb !== 'Delete') return button.click();
    await header.getByRole('button', { name: /actions$/i }).click();
    await this.page.getByRole('menuitem', { name: verb }).click();
  }
}

/** The fields of an open dialog, by their labels. */
export class Form {
  readonly #page: Page;
  readonly #dialog: Locator;

  constructor(page: Page, dialog: Locator) {
    this.#page = page;
    this.#dialog = dialog;
  }

  async fill(label: string, text: string): Promise<void> {
    await this.#field(label).fill(text);
  }

  async choose(label: string, option: string | RegExp): Promise<void> {
    await this.#field(label).click();
    await this.#page.getByRole('option', { name: option }).click();
  }

  async press(button: string): Promise<void> {
    await this.#dialog.getByRole('button', { name: button }).click();
  }

  /** Replaces the whole text of an editor. */
  async write(label: string, text: string): Promise<void> {
    await this.#dialog.getByRole('textbox', { name: label }).click();
    await this.#page.keyboard.press('ControlOrMeta+A');
    await this.#page.keyboard.insertText(text);
  }

  async waitFor(text: string): Promise<void> {
    await this.#dialog.getByText(text).waitFor();
  }

  #field(label: string): Locator {
    const labelled = (text: string) => this.#dialog.getByLabel(text, { exact: true });
    return labelled(label).or(labelled(`${label} (optional)`));
  }
}
