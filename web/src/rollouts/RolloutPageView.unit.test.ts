import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import type { AnalysisResult } from '../api/types.ts';
import { buildCounts, buildRollout, buildRolloutTarget, buildWave } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import RolloutPageView from './RolloutPageView.vue';

const phases = ['Pending', 'Updating', 'Updated', 'Failed'];
const cells = {
  phases,
  waves: [
    { number: 1, instanceIds: ['a', 'b', 'c'], phaseIndexes: [2, 1, 3] },
    { number: 2, instanceIds: Array.from({ length: 7 }, (_, index) => `d${index}`), phaseIndexes: Array(7).fill(0) },
  ],
};
const props = {
  rollout: buildRollout(),
  problem: null,
  actionProblem: null,
  busy: null,
  cells,
  lookedAt: null,
  agentVersion: null,
  targets: { items: [buildRolloutTarget()], next: null, total: 1 },
  targetsProblem: null,
  targetFilters: { wave: [], phase: [], name: [] },
  targetsPage: 1,
};
const show = (over: Record<string, unknown> = {}, language: 'en' | 'zh-CN' = 'en') =>
  mountView(RolloutPageView, { props: { ...props, ...over }, language });

it('shows that it is loading', async () => {
  const wrapper = await show({ rollout: undefined });
  expect(wrapper.find('[role="status"]').exists()).toBe(true);
});

it('says that there is no such rollout', async () => {
  const problem = new ProblemError({ status: 404, code: 'rollout.unknown' });
  const wrapper = await show({ rollout: undefined, problem });
  expect(wrapper.get('[role="alert"]').text()).toContain('There is no such rollout');
});

it('shows the waves from the canary to the last, with what each has done, in words too', async () => {
  const wrapper = await show();
  expect(wrapper.findAll('[data-wave] h3').map((title) => title.text())).toEqual(['Wave 1 canary', 'Wave 2']);
  expect(wrapper.findAll('[role="listbox"]').map((list) => list.attributes('aria-label'))).toEqual([
    'Wave 1: 1 Updated, 1 Updating, 1 Not yet',
    'Wave 2: 7 Not yet',
  ]);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('says for what its check waits, above the waves and in the timeline', async () => {
  const detail = '1 of 1 configurations cannot be checked: no answer from prod-eu.';
  const waits = { kind: 'check-waits', reason: 'cluster.unavailable', detail: { detail } };
  const [decision] = buildRollout().decisions;
  const wrapper = await show({
    rollout: buildRollout({
      phase: 'Pending',
      currentWave: 0,
      error: { code: 'cluster.unavailable', detail },
      decisions: [
        { ...decision, id: 'w', wave: null, actorName: 'platform', createdAt: '2026-11-27T12:00:00Z', ...waits },
      ],
    } as Parameters<typeof buildRollout>[0]),
  });
  expect(wrapper.get('[role="alert"]').text()).toContain('The cluster does not answer');
  expect(wrapper.get('[data-decision="check-waits"]').text()).toContain(detail);
});

it('is walked through by the keyboard: the active target is named, and Enter opens it', async () => {
  const wrapper = await show();
  const list = wrapper.get('[role="listbox"]');
  await list.trigger('focus');
  await list.trigger('keydown', { key: 'End' });
  const option = list.get('[role="option"]');
  expect(list.attributes('aria-activedescendant')).toBe(option.attributes('id'));
  expect(option.text()).toBe('Target 3: Failed');
  expect(option.attributes()).toMatchObject({ 'aria-posinset': '3', 'aria-setsize': '3' });
  await list.trigger('keydown', { key: 'Enter' });
  expect(wrapper.emitted('look')).toEqual([['a'], ['c']]);
  expect(wrapper.emitted('open')).toEqual([['c']]);
});

it('tells name and error of the target that is looked at', async () => {
  const lookedAt = buildRolloutTarget({
    phase: 'Failed',
    error: { code: 'agent.not-ready', detail: 'Not within 180 s.', faults: [] },
  });
  const wrapper = await show({ lookedAt });
  expect(wrapper.get('.about').text()).toContain('helpdesk');
  expect(wrapper.get('.about').text()).toContain('Not within 180 s.');
});

it('says why it is paused, and what was found', async () => {
  const analysis: AnalysisResult = {
    verdict: 'failed',
    at: '2026-11-22T10:00:00.000Z',
    rules: [
      {
        metric: 'error-rate',
        verdict: 'failed',
        value: 0.08,
        baseline: 0.01,
        sample: 300,
        limit: 0.05,
        detail: 'Above the limit.',
      },
      {
        metric: 'cost-per-call',
        verdict: 'inconclusive',
        value: null,
        baseline: null,
        sample: 0,
        limit: null,
        detail: 'There is nothing to measure in a sample of 0.',
      },
    ],
  };
  const rollout = buildRollout({
    phase: 'Paused',
    pauseReason: 'analysis-failed',
    actions: ['promote', 'rollback', 'abort'],
    waves: [buildWave({ phase: 'Judged', analysis })],
    decisions: [
      {
        id: 'd1',
        kind: 'paused',
        wave: 1,
        actorName: 'platform',
        reason: 'analysis-failed',
        detail: {},
        createdAt: '2026-11-22T10:00:00.000Z',
      },
      {
        id: 'd2',
        kind: 'promoted',
        wave: 1,
        actorName: 'ada',
        reason: 'Known flake. Go on.',
        detail: {},
        createdAt: '2026-11-22T10:01:00.000Z',
      },
    ],
  });
  const wrapper = await show({ rollout });
  expect(wrapper.get('[data-pause]').text()).toContain('The analysis of the wave failed.');
  expect(wrapper.findAll('svg[role="img"]').map((chart) => chart.attributes('aria-label'))).toEqual([
    'Error rate of the agents: updated 8%, not yet updated 1%, limit 5%',
    'Cost per call: updated nothing measured, not yet updated nothing measured, limit –',
  ]);
  expect(wrapper.findAll('[data-decision]').map((line) => line.text())).toEqual([
    expect.stringContaining('Known flake. Go on.'),
    expect.stringContaining('The analysis of the wave failed.'),
  ]);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('asks for a control that is allowed, and explains one that is not', async () => {
  const wrapper = await show();
  await wrapper.get('[data-control="pause"]').trigger('click');
  await wrapper.get('[data-control="promote"]').trigger('click');
  expect(wrapper.emitted('control')).toEqual([['pause']]);
  expect(wrapper.get('[data-control="promote"]').attributes('aria-disabled')).toBe('true');
  expect(wrapper.text()).toContain('No wave bakes or waits for a person');
});

it('shows a thousand targets without an element for each', { timeout: 20_000 }, async () => {
  const instanceIds = Array.from({ length: 1_000 }, (_, index) => `i${index}`);
  const phaseIndexes = instanceIds.map((_, index) => index % 4);
  const rollout = buildRollout({
    total: 1_000,
    waves: [buildWave({ targets: 1_000, counts: buildCounts({ Updated: 250, Failed: 250, Pending: 500 }) })],
  });
  const wrapper = await show({ rollout, cells: { phases, waves: [{ number: 1, instanceIds, phaseIndexes }] } });
  expect(wrapper.findAll('canvas')).toHaveLength(1);
  expect(wrapper.findAll('*').length).toBeLessThan(500);
});

it('lists targets with their way, their error and their operation', async () => {
  const target = buildRolloutTarget({
    phase: 'Failed',
    attempts: 2,
    error: { code: 'agent.not-ready', detail: 'Not within 180 s.', faults: [] },
  });
  const wrapper = await show({ targets: { items: [target], next: null, total: 1 } });
  const row = wrapper.get('tbody tr').text();
  expect(row).toContain('2 → 3');
  expect(row).toContain('Not within 180 s.');
  expect(wrapper.get('tbody a[href*="operations"]').attributes('href')).toContain(target.operationId);
});

it('speaks Chinese', async () => {
  const wrapper = await show({}, 'zh-CN');
  expect(wrapper.text()).toContain('进行中');
  expect(wrapper.text()).toContain('金丝雀');
});
