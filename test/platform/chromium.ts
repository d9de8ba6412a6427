import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Report } from '../../deploy/local/report.ts';
import { findProgram } from '../../deploy/local/search-path.ts';

const run = promisify(execFile);

function findChromium(): string | undefined {
  const mac = '/Applications/Google Chrome.app/Contents/MacOS';
  return (
    findProgram('chromium') ??
    findProgram('chromium-browser') ??
    findProgram('google-chrome') ??
    findProgram('Google Chrome', [mac])
  );
}

/** The machine's Chromium, installed from Debian's packages where that is possible and it is missing. */
export async function ensureChromium(report: Report): Promise<string | undefined> {
  const own = findChromium();
  if (own) return own;
  if (process.getuid?.() !== 0 || !findProgram('apt-get')) return undefined;
  report('installing Chromium');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Waits for the lock, because other parts may be installing packages at the same time.
  const options = ['-o', 'DPkg::Lock::Timeout=900', '-o', 'APT::Get::Assume-Yes=true'];
  const install = () => run('apt-get', [...options, 'install', '--no-install-recommends', 'chromium'], { env });
  await install().catch(async () => {
    await run('apt-get', [...options, 'update'], { env });
    await install();
  });
  return findChromium();
}
