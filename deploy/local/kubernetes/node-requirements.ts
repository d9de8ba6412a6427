import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../report.ts';
import { runCommand } from './command.ts';
import { findOnPath } from './programs.ts';
import { withLock } from './lock.ts';

/** What a node needs of the operating system, and the Debian package that brings it. */
const neededPrograms = {
  containerd: 'containerd',
  'containerd-shim-runc-v2': 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
  mount: 'mount',
  umount: 'mount',
  tar: 'tar',
  openssl: 'openssl',
};
const pluginFolders = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const neededPlugins = ['bridge', 'host-local', 'loopback'];

/** The folder with the network plugins that the node uses. */
export function findPluginFolder(): string | undefined {
  return pluginFolders.find((folder) => neededPlugins.every((name) => existsSync(join(folder, name))));
}

/** A busybox that needs no library: it is all that the image of a pod's sandbox holds. */
export function findStaticBusybox(): string | undefined {
  const path = findOnPath('busybox');
  // A program that needs a loader names it in its first pages.
  return path && !readFileSync(path).subarray(0, 4096).includes('/ld-') ? path : undefined;
}

/** Packages that are missing, each with what is missed of it. */
function missingPackages(): Map<string, string> {
  const missing = new Map<string, string>();
  for (const [program, name] of Object.entries(neededPrograms)) if (!findOnPath(program)) missing.set(name, program);
  if (!findPluginFolder()) missing.set('containernetworking-plugins', 'the CNI plugins bridge, host-local, loopback');
  if (!findStaticBusybox()) missing.set('busybox-static', 'a static busybox');
  return missing;
}

/**
 * Installs Debian packages, as root. Never removes one (as `containerd` would do to Docker's own package of it).
 * @throws when apt-get cannot
 */
export async function installDebianPackages(names: readonly string[], report: Report): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const waitForOthers = ['-o', 'DPkg::Lock::Timeout=600'];
  const install = () =>
    runCommand('apt-get', [...waitForOthers, 'install', '-y', '--no-install-recommends', '--no-remove', ...names], {
      env,
    });
  report(`installing Debian packages: ${names.join(' ')}`);
  // The lists of a fresh machine may be empty or old.
  await withLock('/run/lock/occ-apt.lock', () =>
    install().catch(async () => {
      await runCommand('apt-get', [...waitForOthers, 'update'], { env });
      await install();
    }),
  );
}

/**
 * Sees to it that this machine can be a node.
 * @returns why it cannot, in words for the person who started it; undefined when it can
 */
export async function prepareNodeRequirements(report: Report): Promise<string | undefined> {
  if (process.platform !== 'linux') return `a node needs Linux, and this is ${process.platform}`;
  const missing = missingPackages();
  const list = [...missing.values()].join(', ');
  if (process.getuid?.() !== 0) return `a node needs root${missing.size > 0 ? ` (and ${list})` : ''}`;
  if (missing.size === 0) return undefined;
  if (!findOnPath('apt-get')) {
    return `missing: ${list}; install what Debian calls ${[...missing.keys()].join(' ')}`;
  }
  try {
    await installDebianPackages([...missing.keys()], report);
  } catch (error) {
    return `missing: ${list}; apt-get could not install it: ${(error as Error).message}`;
  }
  const still = missingPackages();
  return still.size > 0 ? `missing, also after apt-get: ${[...still.values()].join(', ')}` : undefined;
}
