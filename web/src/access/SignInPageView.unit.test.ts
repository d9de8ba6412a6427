import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import SignInPageView from './SignInPageView.vue';

const props = { isBusy: false, hasEnded: false, problem: null };

it('asks for name and password', async () => {
  const wrapper = await mountView(SignInPageView, { props });
  expect(await accessibilityFaults(wrapper)).toEqual([]);
  await wrapper.get('input[name="username"]').setValue('admin');
  await wrapper.get('input[name="password"]').setValue('secret');
  await wrapper.get('form').trigger('submit');
  expect(wrapper.emitted('signIn')).toEqual([['admin', 'secret']]);
});

it('says in the reader’s language that they are wrong, and keeps what was typed', async () => {
  const wrapper = await mountView(SignInPageView, { props, language: 'zh-CN' });
  await wrapper.get('input[name="username"]').setValue('admin');
  await wrapper.setProps({ problem: new ProblemError({ status: 401, code: 'access.credentials-wrong' }) });
  expect(wrapper.get('[role="alert"]').text()).toContain('用户名或密码错误');
  expect((wrapper.get('input[name="username"]').element as HTMLInputElement).value).toBe('admin');
});

it('says that a session has ended', async () => {
  const wrapper = await mountView(SignInPageView, { props: { ...props, hasEnded: true } });
  expect(wrapper.text()).toContain('Your session has ended');
});
