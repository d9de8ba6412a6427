import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildOperation, buildStep } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import OperationPageView from './OperationPageView.vue';

const props = { operation: buildOperation(), problem: null, actionProblem: null, isBusy: false };
const show = (over: Record<string, unknown>) => mountView(OperationPageView, { props: { ...props, ...over } });

it('shows that it is loading', async () => {
  const wrapper = await show({ operation: undefined });
  expect(wrapper.find('[role="status"]').exists()).toBe(true);
});

it('says that there is no such operation', async () => {
  const wrapper = await show({
    operation: undefined,
    problem: new ProblemError({ status: 404, code: 'operation.unknown' }),
  });
  expect(wrapper.get('[role="alert"]').text()).toContain('There is no such operation');
});

it('explains an operation that waits for a worker', async () => {
  const wrapper = await show({ operation: buildOperation({ phase: 'Accepted' }) });
  expect(wrapper.text()).toContain('No step has begun yet');
});

it('shows a failure in full, with its faults, and offers another try', async () => {
  const error = {
    code: 'agent.configuration-refused',
    detail: 'openclaw config validate',
    faults: [{ pointer: '/configuration/native/ui', detail: 'unknown key' }],
  };
  const steps = [
    buildStep({ name: 'checkConfiguration', state: 'Failed', error, endedAt: '2026-11-22T10:00:02.000Z' }),
  ];
  const operation = buildOperation({ phase: 'Failed', error, steps, permissions: ['operation:retry'] });
  const wrapper = await show({ operation });
  expect(wrapper.text()).toContain('/configuration/native/ui');
  expect(wrapper.text()).toContain('unknown key');
  await wrapper
    .findAll('button')
    .find((button) => button.text() === 'Try again')
    ?.trigger('click');
  expect(wrapper.emitted('retry')).toHaveLength(1);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('links what it was retried from and what superseded it', async () => {
  const wrapper = await show({
    operation: buildOperation({ phase: 'Superseded', retryOf: 'op-before', supersededBy: 'op-after' }),
  });
  expect(wrapper.find('a[href$="/operations/op-before"]').exists()).toBe(true);
  expect(wrapper.find('a[href$="/operations/op-after"]').exists()).toBe(true);
});
