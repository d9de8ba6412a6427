import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeImageArchive } from './image-archive.ts';
import { hasImage, importImage } from './images.ts';
import type { Layout } from './layout.ts';
import { findStaticBusybox } from './node-requirements.ts';

/** The image of the process that holds a pod's namespaces; the usual one would have to come from a registry. */
export const sandboxImage = 'localhost/occ-sandbox:1';

/** Puts the sandbox image, a busybox that sleeps, into the node. */
export async function ensureSandboxImage(layout: Layout): Promise<void> {
  if (await hasImage(layout, sandboxImage)) return;
  const busybox = findStaticBusybox();
  if (!busybox) throw new Error('A static busybox is missing: install the package busybox-static.');
  const workDirectory = mkdtempSync(layout.path('node', 'sandbox-image.'));
  try {
    const root = join(workDirectory, 'root');
    mkdirSync(join(root, 'bin'), { recursive: true });
    // It acts as the program whose name it is called by.
    copyFileSync(busybox, join(root, 'bin', 'sleep'));
    const archive = join(workDirectory, 'image.tar');
    const settings = { Entrypoint: ['/bin/sleep', 'infinity'] };
    await writeImageArchive({ archive, reference: sandboxImage, root, settings, workDirectory });
    await importImage(layout, archive);
  } finally {
    rmSync(workDirectory, { recursive: true, force: true });
  }
}
