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

it.each([
  ['en', 'Too many attempts have failed. Try again in 8 seconds.'],
  ['zh-CN', '失败的尝试过多。 请在 8 秒后重试。'],
] as const)('says how long to wait after too many attempts (%s)', async (language, sentence) => {
  const problem = new ProblemError({ status: 429, code: 'access.too-many-attempts', retryAfterSeconds: 8 });
  const wrapper = await mountView(SignInPageView, { props: { ...props, problem }, language });
  expect(wrapper.get('[role="alert"]').text()).toContain(sentence);
});
