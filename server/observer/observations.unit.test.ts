import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import type { ObservedInstance } from '../../activities/runtimes/runtime.ts';
import { LeaseLost } from './lease.ts';
import { Observations } from './observations.ts';

const seen = (instanceId: string, restarts: number) => ({ instanceId, restarts }) as ObservedInstance;

describe('observations', () => {
  const log = pino({ level: 'silent' });

  it('of a burst are written once, the newest', async () => {
    const observations = new Observations(log);
    for (let restarts = 1; restarts <= 100; restarts += 1) observations.add(seen('a', restarts));
    observations.add(seen('b', 0));
    expect(observations.waiting).toBe(2);
    const ending = new AbortController();
    const written: ObservedInstance[] = [];
    await observations.drain(async (observed) => {
      written.push(observed);
      if (written.length === 2) ending.abort();
    }, ending.signal);
    expect(written).toEqual([seen('a', 100), seen('b', 0)]);
  });

  it('of a change in several steps are written once, while somebody waits for them already', async () => {
    const observations = new Observations(log);
    const ending = new AbortController();
    const written: ObservedInstance[] = [];
    const draining = observations.drain(async (observed) => {
      written.push(observed);
      ending.abort();
    }, ending.signal);
    for (let restarts = 1; restarts <= 3; restarts += 1) {
      observations.add(seen('a', restarts));
      await new Promise(setImmediate);
    }
    await draining;
    expect(written).toEqual([seen('a', 3)]);
  });

  it('that could not be written are tried again, unless there is something newer', async () => {
    const observations = new Observations(log);
    observations.add(seen('a', 1));
    const ending = new AbortController();
    const written: number[] = [];
    await observations.drain(async ({ restarts }) => {
      if (written.length === 0) observations.add(seen('a', 2));
      written.push(restarts);
      if (written.length < 3) throw new Error('the database is away');
      ending.abort();
    }, ending.signal);
    expect(written).toEqual([1, 2, 2]);
  });

  it('are not written without the lease', async () => {
    const observations = new Observations(log);
    observations.add(seen('a', 1));
    const draining = observations.drain(() => Promise.reject(new LeaseLost('cluster/x')), new AbortController().signal);
    await expect(draining).rejects.toThrow(LeaseLost);
  });
});
