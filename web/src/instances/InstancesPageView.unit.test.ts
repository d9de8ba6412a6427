import { expect, it } from 'vitest';
import { buildCluster, buildInstance } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import InstancesPageView from './InstancesPageView.vue';

const none = { phase: [], cluster: [], drift: [], leftAlone: [], name: [], label: [], sort: [] };
const props = {
  page: { items: [buildInstance()], next: null, total: 1 },
  problem: null,
  filters: none,
  sort: '-createdAt',
  pageNumber: 1,
  clusters: [buildCluster()],
  mayCreate: true,
  hasProject: true,
  showTenant: true,
  showProject: true,
};

it('shows each filter as a chip that can be removed by itself', async () => {
  const filters = { ...none, phase: ['Failed', 'Unknown'], cluster: [buildCluster().id] };
  const wrapper = await mountView(InstancesPageView, { props: { ...props, filters } });
  expect(wrapper.findAll('.chips li').map((chip) => chip.text())).toEqual([
    'State Failed',
    'State Unknown',
    'Cluster local',
    'Clear all filters',
  ]);
  await wrapper.get('.chips button').trigger('click');
  expect(wrapper.emitted('filter')).toEqual([['phase', ['Unknown']]]);
});

it('does not offer what the person may not do', async () => {
  const wrapper = await mountView(InstancesPageView, { props: { ...props, mayCreate: false } });
  expect(wrapper.text()).not.toContain('Create instance');
});

it('leads to the projects first where there are none', async () => {
  const page = { items: [], next: null, total: 0 };
  const wrapper = await mountView(InstancesPageView, {
    props: { ...props, page, mayCreate: false, hasProject: false, showTenant: false },
  });
  expect(wrapper.text()).toContain('Create a tenant and a project first');
  expect(wrapper.get('.empty a').attributes('href')).toBe('/t/all/p/all/projects');
});

it('links the operation that is changing an instance', async () => {
  const busy = buildInstance({
    phase: 'Provisioning',
    activeOperation: { id: 'op-1', kind: 'instance.provision', phase: 'Running' },
  });
  const wrapper = await mountView(InstancesPageView, {
    props: { ...props, page: { items: [busy], next: null, total: 1 } },
  });
  expect(wrapper.get('a[href="/t/all/p/all/operations/op-1"]').text()).toBe('Create');
  expect(wrapper.get('[data-phase="Provisioning"]').classes()).toContain('moving');
});

it('marks what rollouts leave alone, says what to do, and narrows the list to those', async () => {
  const page = { items: [buildInstance({ rollbacks: 3, leftAlone: true })], next: null, total: 1 };
  const wrapper = await mountView(InstancesPageView, {
    props: { ...props, page, filters: { ...none, leftAlone: ['true'] } },
  });
  const mark = wrapper.get('[data-left-alone]');
  expect(mark.text()).toContain('Rolled back 3 times');
  expect(mark.text()).toContain('change its configuration or its version by hand');
  expect(mark.attributes('href')).toBe(`/t/all/p/all/instances/${buildInstance().id}?tab=operations`);
  expect(wrapper.get('.chips li').text()).toBe('Rollouts leave it alone');
  await mark.trigger('focus');
  await expect.poll(() => wholePage.find('.explanation-popper').text()).toContain('that releases it');
  await wrapper.get('select[aria-label="Rollouts"]').setValue('false');
  expect(wrapper.emitted('filter')).toEqual([['leftAlone', ['false']]]);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('speaks Chinese', async () => {
  const wrapper = await mountView(InstancesPageView, { props, language: 'zh-CN' });
  expect(wrapper.text()).toContain('运行中');
  expect(wrapper.text()).toContain('创建实例');
});

it('offers a first agent by one click where it can be had, beside one with a key', async () => {
  const page = { items: [], next: null, total: 0 };
  const wrapper = await mountView(InstancesPageView, { props: { ...props, page, offersFirst: true } });
  expect(await accessibilityFaults(wrapper)).toEqual([]);
  const [start, create] = wrapper.findAll('.what-to-do button');
  expect(wrapper.get('.what-to-do').text()).toContain('is no AI');
  await start?.trigger('click');
  await create?.trigger('click');
  expect(wrapper.emitted()).toMatchObject({ startFirst: [[]], create: [[]] });
});
