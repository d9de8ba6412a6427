import { describe, expect, it } from 'vitest';

import type { Kinds, Stored } from './objects.ts';
import { judge as judgeWithin } from './one-shot-verdict.ts';

type Status = NonNullable<Stored<Kinds['Pod']>['status']>;
type ContainerState = NonNullable<NonNullable<Status['containerStatuses']>[number]['state']>;

const startedAt = Date.parse('2026-01-01T00:00:00Z');
const judge = (pod: Stored<Kinds['Pod']>, nowMs: number) => judgeWithin(pod, nowMs, 60_000);
const after = (seconds: number): number => startedAt + seconds * 1000;

const buildPod = (state: ContainerState | undefined, status: Status = {}): Stored<Kinds['Pod']> => ({
  metadata: { name: 'once', uid: 'u', resourceVersion: '1' },
  spec: { containers: [{ name: 'agent', image: 'agent:1' }], nodeName: 'node' },
  status: {
    startTime: '2026-01-01T00:00:00Z',
    ...(state
      ? {
          containerStatuses: [{ name: 'agent', image: '', imageID: '', ready: false, restartCount: 0, state }],
        }
      : {}),
    ...status,
  },
});

describe('a one-shot pod', () => {
  it('has ended with its exit code', () => {
    expect(judge(buildPod({ terminated: { exitCode: 3 } }), after(1))).toEqual({
      state: 'ended',
      exitCode: 3,
    });
  });

  it('cannot run an image whose name is invalid', () => {
    const verdict = judge(buildPod({ waiting: { reason: 'InvalidImageName', message: 'bad name' } }), after(0));
    expect(verdict).toMatchObject({
      state: 'impossible',
      problem: { code: 'agent.image-unavailable', detail: 'agent:1: InvalidImageName: bad name' },
    });
  });

  it('may fail to pull for as long as there is patience, and is told which image it is', () => {
    const pod = buildPod({ waiting: { reason: 'ErrImagePull', message: 'dial tcp: i/o timeout' } });
    expect(judge(pod, after(59))).toMatchObject({ state: 'waiting', late: { code: 'agent.image-unavailable' } });
    expect(judge(pod, after(60))).toMatchObject({
      state: 'impossible',
      problem: { code: 'agent.image-unavailable', detail: 'agent:1: ErrImagePull: dial tcp: i/o timeout' },
    });
  });

  it('is not waited for as long where the registry says that it has no such image, or refuses it', () => {
    for (const message of ['agent:1: not found', 'unexpected status: 401 Unauthorized', 'pull access denied']) {
      const pod = buildPod({ waiting: { reason: 'ImagePullBackOff', message } });
      expect(judge(pod, after(29))).toMatchObject({ state: 'waiting' });
      expect(judge(pod, after(30))).toMatchObject({ state: 'impossible' });
      expect(judgeWithin(pod, after(5), 5_000)).toMatchObject({ state: 'impossible' });
    }
  });

  it('that no node takes is the cluster’s matter', () => {
    const pod = buildPod(undefined, {
      conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes' }],
    });
    expect(judge(pod, after(60))).toMatchObject({
      state: 'waiting',
      late: { code: 'cluster.unavailable' },
    });
  });

  it('that outlived its deadline has failed', () => {
    const status = { phase: 'Failed', reason: 'DeadlineExceeded', message: 'active too long' };
    for (const state of [undefined, { terminated: { exitCode: 137 } }]) {
      expect(judge(buildPod(state, status), after(60))).toMatchObject({
        state: 'impossible',
        problem: { code: 'agent.not-ready' },
      });
    }
  });

  it('that is on a node and has no program yet is beginning, whatever keeps it', () => {
    const pod = buildPod({ waiting: { reason: 'ContainerCreating' } });
    expect(judge(pod, after(500))).toEqual({ state: 'beginning', sinceMs: startedAt });
    expect(judge(buildPod({ running: {} }), after(5))).toEqual({ state: 'running' });
  });
});
