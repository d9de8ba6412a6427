import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildMaintenanceSchedule } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import MaintenancePageView from './MaintenancePageView.vue';

const schedules = [
  buildMaintenanceSchedule(),
  buildMaintenanceSchedule({ name: 'overdue-rollouts', everySeconds: 60, lastResult: { woken: 0 } }),
  buildMaintenanceSchedule({
    name: 'retention',
    everySeconds: 3_600,
    paused: true,
    lastRunAt: null,
    lastResult: null,
    nextRunAt: null,
  }),
];
const props = { schedules, problem: null, actionProblem: null, busy: null };
const show = (over: Record<string, unknown> = {}, language: 'en' | 'zh-CN' = 'en') =>
  mountView(MaintenancePageView, { props: { ...props, ...over }, language });

it('shows that it is loading', async () => {
  const wrapper = await show({ schedules: undefined });
  expect(wrapper.find('[role="status"]').attributes('aria-label')).toBe('Loading …');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('says so when there is no schedule', async () => {
  const wrapper = await show({ schedules: [] });
  expect(wrapper.text()).toContain('No schedule');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('says what went wrong, with the request id, and asks again on demand', async () => {
  const problem = new ProblemError({ status: 503, code: 'server.unavailable', requestId: 'request-7' });
  const wrapper = await show({ schedules: undefined, problem });
  expect(wrapper.get('[role="alert"]').text()).toContain('request-7');
  const again = wrapper.findAll('[role="alert"] button').find((button) => button.text() === 'Try again');
  await again?.trigger('click');
  expect(wrapper.emitted('retry')).toHaveLength(1);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('tells of each what it does, how often, what came of it in words, and when it runs next', async () => {
  const wrapper = await show();
  const [consistency, overdue, retention] = wrapper.findAll('tbody tr');
  expect(consistency?.text()).toContain('Compares what each instance runs');
  expect(consistency?.text()).toContain('15 minutes');
  expect(consistency?.get('[data-result]').text()).toBe('312 compared · 2 drifted');
  expect(overdue?.text()).toContain('There was nothing to do.');
  expect(retention?.get('[data-phase]').text()).toBe('Paused');
  expect(retention?.text()).toContain('never');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('shows what is newer than itself under its own name', async () => {
  const schedule = { ...buildMaintenanceSchedule(), name: 'tidying', lastResult: { swept: 4 } };
  const wrapper = await show({ schedules: [schedule] });
  expect(wrapper.get('tbody tr').text()).toContain('tidying');
  expect(wrapper.get('[data-result]').text()).toBe('swept: 4');
});

it('pauses, resumes and changes the one that is meant, which the button names', async () => {
  const wrapper = await show();
  const pause = wrapper.get('[data-pause="consistency"]');
  expect(pause.attributes('aria-label')).toBe('Pause: Consistency check');
  await pause.trigger('click');
  await wrapper.get('[data-resume="retention"]').trigger('click');
  await wrapper.get('[data-change="overdue-rollouts"]').trigger('click');
  expect(wrapper.find('[data-pause="retention"]').exists()).toBe(false);
  expect(wrapper.emitted('pause')).toMatchObject([[{ name: 'consistency', generation: 1 }]]);
  expect(wrapper.emitted('resume')).toMatchObject([[{ name: 'retention' }]]);
  expect(wrapper.emitted('change')).toMatchObject([[{ name: 'overdue-rollouts' }]]);
});

it('does not offer what the person may not do', async () => {
  const wrapper = await show({ schedules: [buildMaintenanceSchedule({ permissions: [] })] });
  expect(wrapper.findAll('tbody button')).toEqual([]);
});

it('speaks Chinese', async () => {
  const wrapper = await show({}, 'zh-CN');
  expect(wrapper.text()).toContain('一致性检查');
  expect(wrapper.text()).toContain('15分钟');
  expect(wrapper.get('[data-result]').text()).toBe('已比较 312 个 · 2 个偏离');
});
