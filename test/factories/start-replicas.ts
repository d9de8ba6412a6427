import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../../deploy/local/directories.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { ApiClient } from './api-client.ts';
import type { TestDatabase } from './test-database.ts';

export interface Replicas {
  /** Nobody yet, at each of them. */
  anyone: readonly ApiClient[];
  stop(): Promise<void>;
}

/** Processes of the api on one database, as a deployment runs them. */
export async function startReplicas(database: TestDatabase, count: number): Promise<Replicas> {
  const directory = mkdtempSync(join(tmpdir(), 'occ-test-replicas-'));
  const keyFile = (name: string): string => {
    const file = join(directory, name);
    writeFileSync(file, randomBytes(32).toString('base64'));
    return file;
  };
  const environment = {
    ...process.env,
    NODE_ENV: 'test',
    DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    SECRETS_KEY_FILE: keyFile('secrets-key'),
    TOKEN_KEY_FILE: keyFile('token-key'),
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
  };
  const children: ChildProcess[] = [];
  const start = async (): Promise<ApiClient> => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, [join(checkout, 'server/main.ts')], {
      env: { ...environment, PORT: String(port), PUBLIC_URL: url },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    await waitUntil(() => answersReady(url), { timeoutMs: 60_000 });
    return new ApiClient(url);
  };
  const anyone: ApiClient[] = [];
  for (let number = 0; number < count; number += 1) anyone.push(await start());
  return {
    anyone,
    async stop() {
      await Promise.all(
        children.map(async (child) => {
          const exited = once(child, 'exit');
          child.kill('SIGTERM');
          await exited;
        }),
      );
      rmSync(directory, { recursive: true });
    },
  };
}

async function answersReady(url: string): Promise<void> {
  const { ok, status } = await fetch(`${url}/readyz`);
  if (!ok) throw new Error(`${url}/readyz answers ${status}`);
}
