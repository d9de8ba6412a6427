import { setTimeout as sleep } from 'node:timers/promises';
import { lastResumedAtMs } from '../../pauses.ts';
import { connectCluster } from '../connect.ts';

/**
 * A process that creates objects without a pause, many at once, as a worker in the middle of many placements: what
 * `gate.test.ts` stops and resumes. Each object is named by when its right to write was given, by the wall clock.
 */
const [, , server = '', certificateAuthority = '', name = ''] = process.argv;
const writersAtOnce = 40;
const identity = { token: 'any' };
const cluster = connectCluster({ server, certificateAuthority, serverName: 'localhost', identity }, 15_000);
const { signal } = new AbortController();

async function write(): Promise<never> {
  for (;;) {
    const givenAtMs = performance.now();
    const assertValid = (): void => {
      if (givenAtMs < lastResumedAtMs()) throw new Error('The process was stopped since.');
    };
    const metadata = { name: String(Date.now()) };
    try {
      await cluster
        .heldBy({ assertValid })
        .create('ConfigMap', name, { apiVersion: 'v1', kind: 'ConfigMap', metadata }, signal);
    } catch {
      // Refused, or its connection is gone: a worker tries again a little later.
      await sleep(5);
    }
  }
}

for (let writer = 0; writer < writersAtOnce; writer += 1) void write();
