import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import InvitationPageView from './InvitationPageView.vue';

const offer = {
  tenantName: 'Acme',
  projectName: 'Helpdesk',
  role: 'operator',
  roleName: null,
  invitedBy: 'Ada Lovelace',
  expiresAt: '2026-11-29T12:00:00.000Z',
};
const props = { offer, problem: null, signedInAs: null, isBusy: false };

it('says who offers what, and makes an account for who has none', async () => {
  const wrapper = await mountView(InvitationPageView, { props });
  expect(wrapper.text()).toContain('Ada Lovelace offers you this role in Acme / Helpdesk: Operator.');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
  await wrapper.get('input[name="username"]').setValue('grace');
  await wrapper.get('input[name="password"]').setValue('a long password');
  await wrapper.get('form').trigger('submit');
  expect(wrapper.emitted('register')).toEqual([[{ name: 'grace', displayName: '', password: 'a long password' }]]);
});

it('is accepted with one click by who is signed in', async () => {
  const wrapper = await mountView(InvitationPageView, { props: { ...props, signedInAs: 'Grace Hopper' } });
  expect(wrapper.find('form').exists()).toBe(false);
  const accept = wrapper.findAll('button').find((one) => one.text() === 'Accept as Grace Hopper');
  await accept?.trigger('click');
  expect(wrapper.emitted('accept')).toHaveLength(1);
});

it('says in the reader’s language that it is worth nothing any more', async () => {
  const problem = new ProblemError({ status: 404, code: 'invitation.invalid' });
  const wrapper = await mountView(InvitationPageView, {
    props: { ...props, offer: undefined, problem },
    language: 'zh-CN',
  });
  expect(wrapper.get('[role="alert"]').text()).toContain('此邀请已失效');
});

it('can be looked at again where it could not be, and is not worth that where it has ended', async () => {
  const again = async (status: number, code: string) => {
    const problem = new ProblemError({ status, code });
    const wrapper = await mountView(InvitationPageView, { props: { ...props, offer: undefined, problem } });
    await wrapper.find('[role="alert"] button.el-button--small').trigger('click');
    return wrapper.emitted('look');
  };
  expect(await again(503, 'server.unavailable')).toHaveLength(1);
  await expect(again(404, 'invitation.invalid')).rejects.toThrow('Cannot call trigger on an empty DOMWrapper');
});
