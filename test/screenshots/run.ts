// `npm run screenshots [-- --to DIR]`: brings up the product beside a simulated cluster (no node, no root), puts
// something worth looking at into it, and takes a picture of every page for docs/screenshots.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../../deploy/local/directories.ts';
import { reportAs } from '../../deploy/local/report.ts';
import { terminalReport } from '../../deploy/local/terminal-report.ts';
import { bringUp } from '../platform/bring-up.ts';
import { provided } from '../platform/environment.ts';
import { startScaleProduct, type ScaleProduct } from '../platform/scale-product.ts';
import { sweep } from '../platform/sweep.ts';
import { builtPortal } from '../platform/web.ts';
import { fillPeople, fillScene } from './scene.ts';

const directory = mkdtempSync(join(tmpdir(), 'open-cluster-claw-screenshots-'));
process.env.TEST_DIRECTORY = directory;
const report = terminalReport();
const { signal } = new AbortController();
const started: { stop(): Promise<void> }[] = [];

async function stopAll(): Promise<void> {
  for (const part of started.splice(0).toReversed()) await part.stop();
  await sweep(directory);
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => void stopAll().finally(() => process.exit(1)));
}

async function takePictures({ product }: ScaleProduct): Promise<number> {
  const { name, password = '' } = product.administrator;
  const person = ['--url', product.url, '--user', name, '--password', password];
  const program = ['web/screenshots/make.ts', ...person, '--browser', provided('TEST_CHROMIUM')];
  const child = spawn(process.execPath, [...program, ...process.argv.slice(2)], { cwd: checkout, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return (code as number | null) ?? 1;
}

let code = 1;
try {
  const platform = await bringUp({ web: true, browser: true, objectStorage: true }, directory, report, signal);
  started.push(platform);
  Object.assign(process.env, platform.variables);
  if (platform.missing.browser) throw new Error(platform.missing.browser);
  const place = await startScaleProduct(reportAs('scene', report), {
    environment: { WEB_ROOT: builtPortal() },
    tenant: { name: 'acme', displayName: 'Acme' },
  });
  started.push(place);
  // The pages about people and rights need no fleet.
  if (process.argv.some((argument) => ['--people', '--states'].includes(argument))) await fillPeople(place);
  else await fillScene(place, reportAs('scene', report));
  code = await takePictures(place);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
} finally {
  await stopAll();
}
process.exit(code);
