import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildInvitation, buildMember, buildProject, buildRole } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import InvitationLinkDialog from './InvitationLinkDialog.vue';
import InviteDialog from './InviteDialog.vue';
import MembersPageView from './MembersPageView.vue';

const props = {
  page: { items: [buildMember()], next: null, total: 1 },
  problem: null,
  search: '',
  pageNumber: 1,
  mayInvite: true,
  hasTenant: true,
  invitations: [buildInvitation()],
  invitationsProblem: null,
};
const button = (texts: { text: () => string; trigger: (event: string) => Promise<void> }[], text: string) =>
  texts.find((one) => one.text() === text);

it('shows who holds what, and the invitations that are open', async () => {
  const wrapper = await mountView(MembersPageView, { props });
  expect(wrapper.text()).toContain('Ada Lovelace');
  expect(wrapper.text()).toContain('Operator');
  expect(wrapper.text()).toContain('the whole tenant');
  expect(wrapper.text()).toContain('for Grace');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
  await button(wrapper.findAll('button'), 'Change role')?.trigger('click');
  await button(wrapper.findAll('button'), 'Remove')?.trigger('click');
  await button(wrapper.findAll('button'), 'Withdraw')?.trigger('click');
  expect(wrapper.emitted()).toMatchObject({
    change: [[buildMember()]],
    remove: [[buildMember()]],
    withdraw: [[buildInvitation()]],
  });
});

it('names a role of the tenant’s own, and offers nothing that would be refused', async () => {
  const member = buildMember({ role: buildRole().id, roleName: 'Night shift', permissions: [] });
  const wrapper = await mountView(MembersPageView, {
    props: {
      ...props,
      page: { items: [member], next: null, total: 1 },
      mayInvite: false,
      invitations: [buildInvitation({ permissions: [] })],
    },
  });
  expect(wrapper.text()).toContain('Night shift');
  expect(wrapper.findAll('button').filter((one) => /Invite|Change|Remove|Withdraw/.test(one.text()))).toEqual([]);
});

it('says that the invitations could not be had, which is something else than none', async () => {
  const invitationsProblem = new ProblemError({ status: 429, code: 'request.rate-limited', retryAfterSeconds: 42 });
  const wrapper = await mountView(MembersPageView, { props: { ...props, invitations: [], invitationsProblem } });
  expect(wrapper.get('.invitations [role="alert"]').text()).toContain('Try again in 42 seconds.');
  await wrapper.get('.invitations button').trigger('click');
  expect(wrapper.findAll('.invitations button').length).toBeGreaterThan(0);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('says that a tenant has to be chosen first, in Chinese too', async () => {
  const wrapper = await mountView(MembersPageView, { props: { ...props, hasTenant: false }, language: 'zh-CN' });
  expect(wrapper.text()).toContain('请先在上方选择租户');
});

it('makes an invitation once a role is chosen', async () => {
  const wrapper = await mountView(InviteDialog, {
    props: {
      open: true,
      modelValue: { role: '', projectId: '', note: '', days: 7 },
      roles: [buildRole(), buildRole({ id: 'viewer', builtIn: true, name: 'viewer' })],
      projects: [buildProject()],
      isBusy: false,
      problem: null,
    },
  });
  const make = () => button(wholePage.findAll('button'), 'Make the link');
  await make()?.trigger('click');
  expect(wrapper.emitted('submit')).toBeUndefined();
  await wrapper.setProps({ modelValue: { role: 'viewer', projectId: '', note: '', days: 7 } });
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('submit')).toHaveLength(1);
  await wrapper.setProps({
    problem: new ProblemError({ status: 403, code: 'access.denied', detail: 'Needed: member:create.' }),
  });
  expect(wholePage.get('[role="alert"] a').attributes('href')).toBe('/t/all/p/all/explain?permission=member:create');
});

it('shows the link this once, and only its own button closes it', async () => {
  const made = { url: 'https://portal.test/invitation#secret', expiresAt: '2026-11-29T12:00:00.000Z' };
  const wrapper = await mountView(InvitationLinkDialog, { props: { made } });
  expect((wholePage.get('input').element as HTMLInputElement).value).toBe(made.url);
  expect(wholePage.find('.el-dialog__headerbtn').exists()).toBe(false);
  await button(wholePage.findAll('button'), 'I have it')?.trigger('click');
  expect(wrapper.emitted('close')).toHaveLength(1);
});
