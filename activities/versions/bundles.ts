import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { workflowSources } from './build-id.ts';

const ownDirectory = fileURLToPath(new URL('../../node_modules/.cache/open-cluster-claw/bundles', import.meta.url));

/** Bundles are kept by build id, so that runs of an older one can end on it. */
export class Bundles {
  readonly #directory: string;

  constructor(directory: string | null | undefined) {
    this.#directory = directory || ownDirectory;
  }

  /** @returns the file of that build, null where it was never made here or is gone */
  find(buildId: string): string | null {
    if (!/^[0-9a-f]{16}$/.test(buildId)) return null;
    const file = join(this.#directory, `${buildId}.js`);
    return existsSync(file) ? file : null;
  }

  /** Makes the bundle of the present sources unless it is there already. */
  async make(buildId: string): Promise<string> {
    const made = this.find(buildId);
    if (made) return made;
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(workflowSources, 'index.ts'),
      logger: quiet,
    });
    mkdirSync(this.#directory, { recursive: true });
    const file = join(this.#directory, `${buildId}.js`);
    // Under another name first: a crash half-way must not leave half a bundle under the right one.
    const unfinished = `${file}.${process.pid}`;
    writeFileSync(unfinished, code);
    renameSync(unfinished, file);
    return file;
  }
}

const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** Standard output belongs to the build id alone. */
const quiet = {
  log: (level: string, message: string) => (level === 'ERROR' || level === 'WARN' ? say(message) : undefined),
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: say,
  error: say,
};
