import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { runCommand } from '../../../deploy/local/kubernetes/command.ts';
import { writeImageArchive } from '../../../deploy/local/kubernetes/image-archive.ts';
import { withLock } from '../../../deploy/local/kubernetes/lock.ts';
import { findStaticBusybox } from '../../../deploy/local/kubernetes/node-requirements.ts';

const user = { uid: 1000, home: '/home/node' };

export interface TestImage {
  reference: string;
  /** In the format of `docker save`. */
  archive: string;
}

/**
 * A small image with what the drivers ask of one (Node, tar, a shell), made of this checkout's own Node and of a static
 * busybox: no registry has to be reached for it, and it is loaded in a second.
 */
export async function ensureTestImage(cacheDirectory: string): Promise<TestImage> {
  const require = createRequire(import.meta.url);
  const node = join(dirname(require.resolve('node/package.json')), 'bin', 'node');
  const version = await runCommand(node, ['--version']);
  const recipe = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .update(version)
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheDirectory, 'test-images');
  const reference = `localhost/occ-test-agent:${recipe}`;
  const archive = join(folder, `${recipe}.tar`);
  const build = async (): Promise<void> => {
    if (existsSync(archive)) return;
    mkdirSync(folder, { recursive: true });
    const workDirectory = mkdtempSync(join(folder, 'building.'));
    try {
      const root = await makeRoot(join(workDirectory, 'root'), node);
      const unfinished = join(workDirectory, 'image.tar');
      const settings = {
        Entrypoint: ['node'],
        Env: ['PATH=/usr/bin:/bin', `HOME=${user.home}`],
        User: `${user.uid}:${user.uid}`,
        WorkingDir: user.home,
      };
      await writeImageArchive({ archive: unfinished, reference, root, settings, workDirectory });
      renameSync(unfinished, archive);
    } finally {
      await runCommand('rm', ['-rf', workDirectory]);
    }
  };
  if (!existsSync(archive)) await withLock(`${archive}.lock`, build);
  return { reference, archive };
}

async function makeRoot(root: string, node: string): Promise<string> {
  const busybox = findStaticBusybox();
  if (!busybox) throw new Error('A static busybox is missing: install the package busybox-static.');
  for (const folder of ['bin', 'usr/bin', 'etc', 'tmp', 'proc', 'dev', 'sys', `.${user.home}`]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const name of (await runCommand(busybox, ['--list'])).trim().split('\n')) {
    if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
  }
  copyFileSync(node, join(root, 'usr/bin/node'));
  chmodSync(join(root, 'usr/bin/node'), 0o755);
  // Its libraries lie where its loader looks for them.
  for (const [, library] of (await runCommand('ldd', [node])).matchAll(/(\/\S+\.so\S*) \(/g)) {
    const path = library as string;
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, dirname(path), basename(path)));
  }
  writeFileSync(
    join(root, 'etc/passwd'),
    `root:x:0:0::/:/bin/sh\nnode:x:${user.uid}:${user.uid}::${user.home}:/bin/sh\n`,
  );
  writeFileSync(join(root, 'etc/group'), `root:x:0:\nnode:x:${user.uid}:\n`);
  return root;
}
