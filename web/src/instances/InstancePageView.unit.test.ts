import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildInstance, buildOperation, buildStep } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import InstancePageView from './InstancePageView.vue';

const props = {
  instance: buildInstance(),
  problem: null,
  actionProblem: null,
  tab: 'overview',
  operation: undefined,
  operations: { items: [], next: null, total: 0 },
  operationsProblem: null,
  events: [],
  busy: null,
};
const show = (over: Record<string, unknown>) => mountView(InstancePageView, { props: { ...props, ...over } });

it('shows that it is loading', async () => {
  const wrapper = await show({ instance: undefined });
  expect(wrapper.find('[role="status"]').exists()).toBe(true);
});

it('says that there is no such instance', async () => {
  const problem = new ProblemError({ status: 404, code: 'instance.unknown' });
  const wrapper = await show({ instance: undefined, problem });
  expect(wrapper.get('[role="alert"]').text()).toContain('There is no such instance');
});

it('shows the state beside the steps of the running operation', async () => {
  const activeOperation = { id: buildOperation().id, kind: 'instance.provision', phase: 'Running' };
  const instance = buildInstance({ phase: 'Provisioning', liveRevision: null, observed: null, activeOperation });
  const waiting = buildStep({
    name: 'checkConfiguration',
    state: 'Waiting',
    attempt: 3,
    error: { code: 'cluster.unavailable', detail: 'connect ECONNREFUSED' },
    nextAttemptAt: new Date(Date.now() + 20_000).toISOString(),
  });
  const wrapper = await show({ instance, operation: buildOperation({ steps: [waiting] }) });
  expect(wrapper.get('[data-card="state"]').text()).toContain('differs');
  const step = wrapper.get('[data-step="checkConfiguration"]').text();
  expect(step).toContain('Waiting to try again');
  expect(step).toContain('attempt 3');
  expect(step).toContain('Next try in');
  expect(step).toContain('The cluster does not answer');
  expect(step).toContain('connect ECONNREFUSED');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('offers the actions allowed now and says why the others wait', async () => {
  const activeOperation = { id: 'op-1', kind: 'instance.update', phase: 'Running' };
  const wrapper = await show({ instance: buildInstance({ activeOperation }) });
  const stop = wrapper.get('[data-action="stop"]');
  expect(stop.attributes('aria-disabled')).toBe('true');
  await stop.trigger('click');
  expect(wrapper.emitted('act')).toBeUndefined();
  expect(wrapper.find('[data-action="start"]').exists()).toBe(false);
});

it('tells a viewer that he can only look', async () => {
  const wrapper = await show({ instance: buildInstance({ permissions: [] }) });
  expect(wrapper.find('[data-action]').exists()).toBe(false);
  expect(wrapper.text()).toContain('You can look at this instance but not change it.');
});

it('links Temporal UI for those who may look there', async () => {
  const temporalUrl = 'http://temporal.example/run';
  const wrapper = await show({ operation: buildOperation({ temporalUrl, phase: 'Succeeded' }) });
  expect(wrapper.get(`a[href="${temporalUrl}"]`).text()).toContain('Open in Temporal UI');
});

it('shows the error that an instance ended with', async () => {
  const lastError = { code: 'agent.misconfigured', detail: 'models.providers: expected object' };
  const wrapper = await show({ instance: buildInstance({ phase: 'Misconfigured', lastError }) });
  expect(wrapper.get('[role="alert"]').text()).toContain('models.providers: expected object');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('links the operation that won when another one was refused', async () => {
  const actionProblem = new ProblemError({ status: 409, code: 'instance.busy', extra: { operationId: 'op-9' } });
  const wrapper = await show({ actionProblem });
  expect(wrapper.get('[role="alert"] a').attributes('href')).toBe('/t/all/p/all/operations/op-9');
});

it('offers the purge of a deleted instance whose volume is kept', async () => {
  const instance = buildInstance({ phase: 'Deleted', deletedAt: '2026-11-22T11:00:00.000Z' });
  const wrapper = await show({ instance });
  expect(wrapper.text()).toContain('Its volume is kept until it is purged.');
  await wrapper.get('[data-action="purge"]').trigger('click');
  expect(wrapper.emitted('act')).toEqual([['purge']]);
});
