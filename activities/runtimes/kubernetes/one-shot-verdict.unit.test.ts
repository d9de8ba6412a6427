import { describe, expect, it } from 'vitest';

import type { Kinds, Stored } from './objects.ts';
import { judge } from './one-shot-verdict.ts';

type Status = NonNullable<Stored<Kinds['Pod']>['status']>;
type ContainerState = NonNullable<NonNullable<Status['containerStatuses']>[number]['state']>;

const startedAt = Date.parse('2026-01-01T00:00:00Z');
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
      problem: { code: 'agent.image-unavailable', detail: 'InvalidImageName: bad name' },
    });
  });

  it('may fail to pull for a moment, not for long', () => {
    const pod = buildPod({ waiting: { reason: 'ErrImagePull', message: 'not found' } });
    expect(judge(pod, after(5))).toMatchObject({
      state: 'waiting',
      late: { code: 'agent.image-unavailable' },
    });
    expect(judge(pod, after(60))).toMatchObject({
      state: 'impossible',
      problem: { code: 'agent.image-unavailable' },
    });
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

  it('that still pulls has to wait', () => {
    const pod = buildPod({ waiting: { reason: 'ContainerCreating' } });
    expect(judge(pod, after(5))).toMatchObject({
      state: 'waiting',
      late: { code: 'agent.image-unavailable' },
    });
    expect(judge(buildPod({ running: {} }), after(5))).toEqual({
      state: 'waiting',
      late: undefined,
    });
  });
});
