import { describe, expect, it } from 'vitest';
import { attribute } from './attribution.ts';
import type { ClusterWrite } from './cluster-writes.ts';

const controller = 'system:serviceaccount:kube-system:statefulset-controller';
const platform = 'occ-platform';
const kubelet = 'occ-admin';
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

const write = (seconds: number, by: string, verb: string, more: Partial<ClusterWrite> = {}): ClusterWrite => ({
  id: `${seconds}-${by}-${verb}`,
  at: at(seconds),
  by,
  verb,
  resource: 'pods',
  namespace: 'occ-t',
  name: 'i-a-0',
  code: verb === 'create' ? 201 : 200,
  uid: null,
  generation: null,
  revision: null,
  ...more,
});
const toWorkload = (seconds: number, by: string, generation: number): ClusterWrite =>
  write(seconds, by, 'update', { resource: 'statefulsets', name: 'i-a', generation });

/** The platform changes it once; the controller replaces the pod, loses its API server, and replaces it again. */
const twice: ClusterWrite[] = [
  toWorkload(1, platform, 2),
  toWorkload(2, platform, 3),
  write(3, controller, 'delete', { uid: 'old' }),
  write(5, kubelet, 'delete', { uid: 'old' }),
  write(6, controller, 'create', { uid: 'one' }),
  write(10, controller, 'delete', { uid: 'one' }),
  write(12, kubelet, 'delete', { uid: 'one' }),
  write(13, controller, 'create', { uid: 'two' }),
];
const stretch = { from: at(0), to: at(30), kills: [{ part: 'kube-apiserver', at: at(7), awayMs: 2_000 }] };

describe('a process too many', () => {
  it('is the cluster’s own where its controller made and ended every pod after its API server was killed', () => {
    const { objections, story } = attribute('a', twice, stretch, 1);
    expect(objections).toEqual([]);
    expect(story).toHaveLength(twice.length + 1);
  });

  it.each<[string, ClusterWrite[], typeof stretch]>([
    ['where the platform asked a pod to end', [...twice, write(9, platform, 'delete', { uid: 'one' })], stretch],
    [
      'also where nobody knows whether that was done',
      [...twice, write(9, platform, 'delete', { code: null })],
      stretch,
    ],
    ['where the platform evicted it', [...twice, write(9, platform, 'create', { resource: 'pods/eviction' })], stretch],
    ['where a kubelet ended it unasked', twice.filter(({ id }) => id !== `10-${controller}-delete`), stretch],
    ['where the workload was changed twice', [...twice, toWorkload(9, platform, 4)], stretch],
    ['where somebody else wrote the workload', [...twice, toWorkload(9, kubelet, 3)], stretch],
    ['where no API server died', twice, { ...stretch, kills: [] }],
    ['where it died before anything was written', twice, { ...stretch, kills: [{ ...stretch.kills[0]!, at: at(0) }] }],
    ['where it died after all that', twice, { ...stretch, kills: [{ ...stretch.kills[0]!, at: at(20) }] }],
  ])('is not, %s', (_, writes, during) => {
    expect(attribute('a', writes, during, 1).objections).toHaveLength(1);
  });

  it('may have been asked for by a question that the dying server never answered', () => {
    const unanswered = twice.map((one) =>
      one.id === `10-${controller}-delete` ? { ...one, code: null, uid: null } : one,
    );
    expect(attribute('a', unanswered, stretch, 1).objections).toEqual([]);
  });
});
