import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeImageArchive } from '../../../deploy/local/kubernetes/image-archive.ts';
import { importIntoRunning } from '../../../deploy/local/kubernetes/index.ts';
import { findStaticBusybox } from '../../../deploy/local/kubernetes/node-requirements.ts';
import { throwAwayDirectory } from '../../platform/directory.ts';
import { provided } from '../../platform/environment.ts';

const reference = 'localhost/stand-in-agent:1';
const commands = ['sh', 'sleep', 'nc', 'head', 'tr', 'cat'];

/**
 * An image of two megabytes that the platform takes for an OpenClaw (see `stand-in-agent.sh`), in the node of the tests.
 * @returns its name
 */
export async function importStandInImage(): Promise<string> {
  const busybox = findStaticBusybox();
  if (!busybox) throw new Error('A static busybox is missing: install the package busybox-static.');
  const workDirectory = throwAwayDirectory('stand-in-image');
  const root = join(workDirectory, 'root');
  const bin = join(root, 'bin');
  for (const folder of ['bin', 'etc', 'tmp', 'home/node']) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(busybox, join(bin, 'busybox'));
  for (const name of commands) symlinkSync('busybox', join(bin, name));
  copyFileSync(join(import.meta.dirname, 'stand-in-agent.sh'), join(bin, 'openclaw'));
  for (const name of ['busybox', 'openclaw']) chmodSync(join(bin, name), 0o755);
  const archive = join(workDirectory, 'image.tar');
  const settings = { Entrypoint: ['/bin/openclaw', 'gateway'], Env: ['PATH=/bin'] };
  await writeImageArchive({ archive, reference, root, settings, workDirectory });
  if (!(await importIntoRunning(join(provided('TEST_DIRECTORY'), 'kubernetes'), archive))) {
    throw new Error('There is no node to import the image of the stand-in into.');
  }
  return reference;
}
