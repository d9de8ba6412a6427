import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext } from 'playwright-core';
import { provided } from './environment.ts';

const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether there is a Chromium on this machine. */
export const hasBrowser = Boolean(process.env.TEST_CHROMIUM);

/** A Chromium with an empty profile, headless. The caller closes it. */
export function startBrowser(): Promise<BrowserContext> {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launchPersistentContext(mkdtempSync(join(provided('TEST_DIRECTORY'), 'browser-')), {
    executablePath: provided('TEST_CHROMIUM'),
    args: [...quiet, ...asRoot],
    viewport: { width: 1440, height: 900 },
  });
}
