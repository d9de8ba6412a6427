import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { livingPid, processIdentity } from './process-identity.ts';

const held = new Set<string>();

/** A lock that was had: `release` may be called once. */
export type Lock = { release: () => void };

/** Who has the lock: the number of a living process. */
export type LockHolder = { heldBy: number };

/**
 * Takes a lock that is a file, shared by processes of this machine. A lock whose process died is taken over.
 */
export function tryLock(path: string): Lock | LockHolder {
  if (held.has(path)) return { heldBy: process.pid };
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(mine, processIdentity(process.pid) ?? '');
  try {
    // Two attempts: the second one follows the removal of a dead process's lock.
    for (const attempt of [1, 2]) {
      if (linkOnce(mine, path)) {
        held.add(path);
        return { release: () => void (held.delete(path) && rmSync(path, { force: true })) };
      }
      const owner = readIfThere(path);
      const pid = owner === undefined ? undefined : livingPid(owner);
      if (pid !== undefined) return { heldBy: pid };
      if (attempt === 1 && owner !== undefined) removeDeadLock(path, owner);
    }
    return { heldBy: 0 };
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Runs something under a lock, waiting for it as long as another process has it. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { onWait?: (pid: number) => void; signal?: AbortSignal } = {},
): Promise<T> {
  for (;;) {
    const lock = tryLock(path);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    options.onWait?.(lock.heldBy);
    await sleep(1_000, undefined, { signal: options.signal });
  }
}

function linkOnce(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Moves the lock away first: when another process has put its own there in between, it gets it back. */
function removeDeadLock(path: string, deadOwner: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== deadOwner) linkOnce(aside, path);
  rmSync(aside, { force: true });
}
