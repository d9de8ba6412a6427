import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { waitUntil } from './wait-until.ts';

const root = '/sys/fs/cgroup';
const unified = () => existsSync(join(root, 'cgroup.controllers'));

/** The roots to make a group below: one with version 2 of control groups, one a controller with version 1. */
function hierarchies(): string[] {
  if (unified()) return [root];
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => join(root, name)).filter((folder) => existsSync(join(folder, 'cgroup.procs')));
}

/**
 * Makes the group that all containers of this Kubernetes are in. A group of its own, because a kubelet ends what is
 * in "its" group and that it does not know: two of them on one machine would end each other's pods.
 */
export function ensureControlGroup(layout: Layout): void {
  if (unified()) {
    const controllers = readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim().split(' ');
    writeFileSync(join(root, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '));
  }
  for (const folder of hierarchies()) {
    const group = join(folder, layout.cgroup);
    mkdirSync(group, { recursive: true });
    // Version 1: without CPUs and memory nodes no process may enter, and they are not inherited.
    for (const name of unified() ? [] : ['cpuset.cpus', 'cpuset.mems']) {
      const file = join(group, name);
      if (existsSync(file) && readFileSync(file, 'utf8').trim() === '') {
        writeFileSync(file, readFileSync(join(folder, name), 'utf8').trim());
      }
    }
  }
}

/** Kills every process of every container, and removes the groups. */
export async function endControlGroup(layout: Layout): Promise<void> {
  const groups = () =>
    hierarchies()
      .map((folder) => join(folder, layout.cgroup))
      .filter((folder) => existsSync(folder));
  const killAll = () => {
    const pids = new Set(groups().flatMap((group) => groupsBelow(group).flatMap(processesOf)));
    for (const pid of pids) killIfThere(pid);
    return pids.size === 0;
  };
  await waitUntil('containers did not end', killAll, { timeoutMs: 30_000 });
  for (const group of groups()) for (const folder of groupsBelow(group)) removeGroup(folder);
}

/** A group and all below it, deepest first. */
function groupsBelow(group: string): string[] {
  if (!existsSync(group)) return [];
  const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...below.flatMap(({ name }) => groupsBelow(join(group, name))), group];
}

function processesOf(group: string): number[] {
  try {
    return readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (['ENOENT', 'ENODEV', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A group that just lost its last process may be busy for a moment; the next start makes use of it as it is. */
function removeGroup(group: string): void {
  try {
    rmdirSync(group);
  } catch (error) {
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
