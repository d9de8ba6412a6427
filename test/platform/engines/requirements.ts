import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { findOnPath } from '../../../deploy/local/kubernetes/programs.ts';
import { findStaticBusybox, installDebianPackages } from '../../../deploy/local/kubernetes/node-requirements.ts';
import type { Report } from '../../../deploy/local/report.ts';

export type EngineName = 'docker' | 'podman';

/** What an engine needs of the operating system, and the Debian package that brings it. */
const neededPrograms: Record<EngineName, Record<string, string>> = {
  docker: { dockerd: 'docker.io', tini: 'tini', containerd: 'containerd', runc: 'runc', iptables: 'iptables' },
  podman: { podman: 'podman', tini: 'tini', conmon: 'conmon', runc: 'runc', iptables: 'iptables' },
};
/** Programs that are on nobody's path. */
const neededFiles: Record<EngineName, Record<string, string>> = {
  docker: {},
  podman: { '/usr/lib/podman/netavark': 'netavark', '/usr/lib/podman/aardvark-dns': 'aardvark-dns' },
};

function missingPackages(engine: EngineName): string[] {
  const missing = [
    ...Object.entries(neededPrograms[engine]).filter(([program]) => !findOnPath(program)),
    ...Object.entries(neededFiles[engine]).filter(([path]) => !existsSync(path)),
  ].map(([, name]) => name);
  if (!findStaticBusybox()) missing.push('busybox-static');
  return [...new Set(missing)];
}

/**
 * Sees to it that this machine can run an engine of its own for the tests.
 * @returns why it cannot, in words for the person who started it; undefined when it can
 */
export async function prepareEngine(engine: EngineName, report: Report): Promise<string | undefined> {
  if (process.platform !== 'linux') return `an engine of its own needs Linux, and this is ${process.platform}`;
  const missing = missingPackages(engine);
  const list = missing.join(', ');
  if (process.getuid?.() !== 0) return `an engine of its own needs root${list && ` (and ${list})`}`;
  if (missing.length === 0) return undefined;
  if (!findOnPath('apt-get')) return `missing: ${list}`;
  try {
    await withoutStarting(() => installDebianPackages(missing, report));
  } catch (error) {
    return `missing: ${list}; apt-get could not install it: ${(error as Error).message}`;
  }
  const still = missingPackages(engine);
  return still.length > 0 ? `missing, also after apt-get: ${still.join(', ')}` : undefined;
}

/** Debian starts what it installs; tests start their own, and leave none behind. */
async function withoutStarting(install: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    rmSync(policy, { force: true });
  }
}
