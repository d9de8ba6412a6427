import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildRole } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import RoleSheet from './RoleSheet.vue';
import RolesPageView from './RolesPageView.vue';

const member = buildRole({
  id: 'member',
  name: 'member',
  tenantId: null,
  builtIn: true,
  grants: ['instance:read', 'instance:create'],
  ownGrants: ['instance:restart'],
  permissions: [],
});
const props = {
  roles: [member, buildRole()],
  permissions: ['instance:create', 'instance:read', 'instance:restart', 'member:read'],
  problem: null,
  mayCompose: true,
  hasTenant: true,
};

it('shows rights down and roles across, each cell in words as well', async () => {
  const wrapper = await mountView(RolesPageView, { props });
  const cells = (permission: string) =>
    wrapper.findAll(`[data-permission="${permission}"] td .visually-hidden`).map((cell) => cell.text());
  expect(wrapper.findAll('thead th').map((head) => head.text())).toEqual(['Right', 'Member', 'Night shift']);
  expect(cells('instance:restart')).toEqual(['allowed on one’s own instances', 'allowed']);
  expect(cells('member:read')).toEqual(['not allowed', 'not allowed']);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('offers to change and remove only what the person may', async () => {
  const wrapper = await mountView(RolesPageView, { props });
  const buttons = () => wrapper.findAll('button').map((one) => one.text());
  expect(buttons()).toEqual(['Compose a role', 'Change', 'Remove']);
  await wrapper.findAll('button')[1]?.trigger('click');
  expect(wrapper.emitted('change')).toEqual([[buildRole()]]);
  await wrapper.setProps({ mayCompose: false, roles: [buildRole({ permissions: [] })] });
  expect(buttons()).toEqual([]);
});

it.each([
  ['waits', { roles: undefined }, '[aria-busy], .skeleton, .card'],
  ['fails', { problem: new ProblemError({ status: 503, code: 'server.unavailable' }) }, '[role="alert"]'],
  ['has no tenant', { hasTenant: false }, '.empty'],
])('has a state for when it %s', async (_state, more, selector) => {
  const wrapper = await mountView(RolesPageView, { props: { ...props, ...more } });
  expect(wrapper.find(selector).exists()).toBe(true);
  expect(wrapper.find('table').exists()).toBe(false);
});

it('composes of rights that the person holds, and says of the others that he lacks them', async () => {
  const wrapper = await mountView(RoleSheet, {
    props: {
      open: true,
      title: 'Compose a role',
      verb: 'Compose',
      modelValue: { name: 'New', description: '', grants: [] },
      composable: ['instance:read', 'instance:kill'],
      held: ['instance:read'],
      isBusy: false,
      problem: null,
    },
  });
  const box = (name: string) => wholePage.get<HTMLInputElement>(`input[name="${name}"]`);
  expect(box('instance:kill').element.disabled).toBe(true);
  expect(wholePage.text()).toContain('you do not hold it');
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('submit')).toBeUndefined();
  await box('instance:read').setValue(true);
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('submit')).toHaveLength(1);
});

it('speaks Chinese', async () => {
  const wrapper = await mountView(RolesPageView, { props, language: 'zh-CN' });
  expect(wrapper.text()).toContain('仅允许用于自己创建的实例');
});
