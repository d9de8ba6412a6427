import { describe, expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import type { Cluster } from '../api/types.ts';
import { buildCluster, buildTenant } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import { emptyCluster, type ClusterForm } from './cluster-form.ts';
import ClusterCapacityView from './ClusterCapacityView.vue';
import ClustersPageView from './ClustersPageView.vue';
import RegisterClusterDialog from './RegisterClusterDialog.vue';

const list = (items: Cluster[], language: 'en' | 'zh-CN' = 'en') =>
  mountView(ClustersPageView, {
    props: {
      page: { items, next: null, total: items.length },
      problem: null,
      actionProblem: null,
      isBusy: false,
      search: '',
      pageNumber: 1,
      mayCreate: true,
    },
    language,
  });
const permissions = ['cluster:update'];

describe('the list of clusters', () => {
  it('marks whose a cluster is, what it is like, and that it takes no new instances', async () => {
    const machine = { runtime: 'machine', isolatesTenants: false } as const;
    const wrapper = await list([
      buildCluster({ id: '1', ...machine, tenantId: 't', tenantName: 'acme', labels: { zone: 'a', fast: '' } }),
      buildCluster({ id: '2', ...machine }),
      buildCluster({ id: '3', cordonedAt: '2026-11-22T10:00:00.000Z' }),
    ]);
    const rows = wrapper.findAll('tbody tr').map((row) => row.text());
    expect(rows[0]).toMatch(/only for acme.*zone=a.*fast.*Machine/s);
    expect(rows[1]).toContain('for whoever comes first');
    expect(rows[2]).toContain('takes no new instances since');
    expect(rows[2]).not.toContain('only for');
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  });

  it('cordons and uncordons, and opens the capacity, for who may', async () => {
    const [open, cordoned] = [
      buildCluster({ id: '1', name: 'one', permissions }),
      buildCluster({ id: '2', name: 'two', cordonedAt: '2026-11-22T10:00:00.000Z', permissions }),
    ];
    const wrapper = await list([open, cordoned, buildCluster({ id: '3', name: 'three' })]);
    await wrapper.get('[aria-label="Cordon: one"]').trigger('click');
    await wrapper.get('[aria-label="Uncordon: two"]').trigger('click');
    await wrapper.get('[aria-label="Capacity: two"]').trigger('click');
    expect(wrapper.emitted('cordon')).toEqual([[open], [cordoned]]);
    expect(wrapper.emitted('capacity')).toEqual([[cordoned]]);
    expect(wrapper.find('[aria-label="Cordon: three"]').exists()).toBe(false);
  });

  it('speaks Chinese', async () => {
    const wrapper = await list([buildCluster({ runtime: 'machine', isolatesTenants: false, permissions })], 'zh-CN');
    expect(wrapper.text()).toMatch(/归最先使用者.*主机.*停止接收/s);
  });
});

describe('the capacity of a cluster', () => {
  it('is a bar where it is known, and a sum where not', async () => {
    const gib = 2 ** 30;
    const wrapper = await mountView(ClusterCapacityView, {
      props: {
        capacity: {
          total: { cpuMillis: 4_000, memoryBytes: 8 * gib, storageBytes: null, instances: null },
          reserved: { cpuMillis: 1_500, memoryBytes: 10 * gib, storageBytes: 20 * gib, instances: 3 },
          free: { cpuMillis: 2_500, memoryBytes: -2 * gib, storageBytes: null, instances: null },
          phases: { Running: 2, Stopped: 1 },
        },
      },
    });
    expect(wrapper.text()).toMatch(/1.5 of 4.*10 GiB of 8 GiB.*20 GiB reserved.*Running\s*2.*Stopped\s*1/s);
    expect(wrapper.findAll('.over')).toHaveLength(1);
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  });
});

describe('the dialog that registers a cluster', () => {
  const show = (over: Partial<ClusterForm>, problem: ProblemError | null = null) =>
    mountView(RegisterClusterDialog, {
      props: {
        modelValue: { ...emptyCluster(), name: 'place', ...over },
        open: true,
        tenants: [buildTenant()],
        isBusy: false,
        problem,
      },
    });
  const isDisabled = () => wholePage.get('button[type="submit"]').attributes('disabled') !== undefined;

  it('asks a Kubernetes for its kubeconfig, and a machine for its directory', async () => {
    await show({});
    expect(wholePage.text()).toContain('Kubeconfig');
    expect(isDisabled()).toBe(true);
  });

  it('asks another machine for all that it takes to reach it', async () => {
    const wrapper = await show({ runtime: 'machine', directory: '/srv/agents', isRemote: true });
    expect(wholePage.text()).toContain('belongs to the tenant of the first instance');
    expect(isDisabled()).toBe(true);
    for (const name of ['address', 'user', 'hostKey'])
      expect(wholePage.find(`input[name="${name}"]`).exists()).toBe(true);
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  });

  it('has nothing of a host for the machine of the workers, which a directory is enough for', async () => {
    await show({ runtime: 'machine', directory: '/srv/agents' });
    expect(wholePage.find('input[name="address"]').exists()).toBe(false);
    expect(isDisabled()).toBe(false);
  });

  it('asks an engine for its socket, and shows at its field what was refused', async () => {
    const faults = [{ pointer: '/settings/socketPath', detail: 'an absolute path' }];
    const problem = new ProblemError({ status: 422, code: 'request.invalid', faults });
    await show({ runtime: 'podman', socketPath: 'podman.sock' }, problem);
    expect(wholePage.text()).toContain('an absolute path');
    expect(wholePage.text()).toContain('every tenant may use it');
  });
});
