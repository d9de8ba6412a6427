import { describe, expect, it } from 'vitest';

import { annotations, labels } from './names.ts';
import type { Kinds, Stored } from './objects.ts';
import { joinObserved, processFacts, workloadFacts } from './observed.ts';

type Pod = Stored<Kinds['Pod']>;
type StatefulSet = Stored<Kinds['StatefulSet']>;
type Status = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<Status['containerStatuses']>[number];

const identity = { [labels.instance]: 'i1', [labels.tenant]: 't1' };

function buildStatefulSet(
  change: { replicas?: number; generation?: number; observedGeneration?: number } = {},
): StatefulSet {
  return {
    metadata: {
      name: 'i-i1',
      uid: 'workload-uid',
      resourceVersion: '1',
      generation: change.generation ?? 2,
      labels: identity,
      annotations: {
        [annotations.generation]: '7',
        [annotations.revision]: '3',
        [annotations.configurationHash]: 'abc',
      },
    },
    spec: {
      replicas: change.replicas ?? 1,
      selector: {},
      template: {},
      serviceName: 'i-i1',
    },
    status: {
      replicas: 1,
      observedGeneration: change.observedGeneration ?? 2,
      updateRevision: 'i-i1-new',
    },
  };
}

function buildPod(
  change: {
    status?: Status;
    metadata?: Partial<Pod['metadata']>;
    container?: Partial<ContainerStatus>;
  } = {},
): Pod {
  const container: ContainerStatus = {
    name: 'agent',
    image: 'image',
    imageID: '',
    ready: false,
    restartCount: 0,
    ...change.container,
  };
  return {
    metadata: {
      name: 'i-i1-0',
      uid: 'pod-uid',
      resourceVersion: '1',
      labels: { ...identity, 'controller-revision-hash': 'i-i1-new' },
      ...change.metadata,
    },
    status: { phase: 'Running', containerStatuses: [container], ...change.status },
  };
}

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const ref = { instanceId: 'i1', tenantId: 't1' };
const observe = (statefulSet: StatefulSet | undefined, pod: Pod | undefined) =>
  joinObserved(ref, statefulSet && workloadFacts(statefulSet), pod && processFacts(pod), undefined);

describe('what is observed of an instance', () => {
  it('says that there is nothing', () => {
    expect(observe(undefined, undefined)).toMatchObject({
      exists: false,
      power: null,
      processPresent: false,
      generation: 0,
    });
  });

  it('carries the marks of the objects', () => {
    expect(observe(buildStatefulSet(), undefined)).toMatchObject({
      exists: true,
      generation: 7,
      revision: 3,
      configurationHash: 'abc',
      power: 'on',
    });
  });

  it('is current and ready under the wanted template', () => {
    const running = { state: { running: { startedAt: '2026-01-01T00:00:00Z' } }, ready: true };
    expect(observe(buildStatefulSet(), buildPod({ status: ready, container: running }))).toMatchObject({
      current: true,
      ready: true,
      reason: null,
      processId: 'pod-uid',
      startedAt: '2026-01-01T00:00:00Z',
    });
  });

  it.each([
    ['the controller has not seen the last change', buildStatefulSet({ generation: 3 }), buildPod({ status: ready })],
    ['the power is off', buildStatefulSet({ replicas: 0 }), buildPod({ status: ready })],
    [
      'the process has another template',
      buildStatefulSet(),
      buildPod({
        status: ready,
        metadata: { labels: { ...identity, 'controller-revision-hash': 'i-i1-old' } },
      }),
    ],
    [
      'the process is being ended',
      buildStatefulSet(),
      buildPod({ status: ready, metadata: { deletionTimestamp: 'now' } }),
    ],
  ])('is not current when %s', (_, statefulSet, pod) => {
    expect(observe(statefulSet, pod).current).toBe(false);
  });

  it('is not ready while it ends, whatever the condition says', () => {
    const pod = buildPod({ status: ready, metadata: { deletionTimestamp: 'now' } });
    expect(observe(buildStatefulSet(), pod)).toMatchObject({ ready: false, terminating: true });
  });

  it('tells how the process before ended', () => {
    const pod = buildPod({
      container: {
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
        lastState: { terminated: { exitCode: 78, reason: 'Error' } },
      },
    });
    expect(observe(buildStatefulSet(), pod)).toMatchObject({
      restarts: 4,
      exitCode: 78,
      reason: 'CrashLoopBackOff',
      message: 'back-off 40s Last end: Error.',
    });
  });

  it('prefers the end of this process to that of the one before', () => {
    const pod = buildPod({
      container: {
        state: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
        lastState: { terminated: { exitCode: 1 } },
      },
    });
    expect(observe(buildStatefulSet(), pod)).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('tells what the scheduler says', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }];
    expect(observe(buildStatefulSet(), buildPod({ status: { conditions } }))).toMatchObject({
      reason: 'Unschedulable',
      message: '0/1 nodes',
    });
  });

  it('tells that an image cannot be pulled', () => {
    const pod = buildPod({
      container: { state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } },
    });
    expect(observe(buildStatefulSet(), pod)).toMatchObject({
      reason: 'ImagePullBackOff',
      message: 'no such image',
    });
  });

  it('tells a silent node from a container that is not ready', () => {
    const conditions = [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }];
    const lost = buildPod({
      status: { conditions },
      container: { ready: true, state: { running: {} } },
    });
    const unready = buildPod({
      status: { conditions },
      container: { ready: false, state: { running: {} } },
    });
    expect(observe(buildStatefulSet(), lost).reason).toBe('NodeLost');
    expect(observe(buildStatefulSet(), unready).reason).toBe('ContainersNotReady');
  });
});
