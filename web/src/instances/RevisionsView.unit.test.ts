import { flushPromises } from '@vue/test-utils';
import { expect, it, vi } from 'vitest';
import type { Backup, Drift, RevisionSummary } from '../api/types.ts';
import { ProblemError } from '../api/problem.ts';
import { buildInstance } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import RevisionsView from './RevisionsView.vue';

// jsdom lays nothing out; the comparison asks it how wide the page is.
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));

const time = '2026-11-22T10:00:00.000Z';
const revision = (number: number, agentVersion: string): RevisionSummary => ({
  number,
  agentVersionId: '00000000-0000-7000-8000-00000000000d',
  agentVersion,
  configurationHash: 'hash',
  templateId: null,
  templateVersion: null,
  resources: { cpu: '250m', memory: '2Gi', storage: '10Gi' },
  createdAt: time,
  createdBy: 'ada',
});
const backup: Backup = {
  id: '00000000-0000-7000-8000-0000000000b1',
  instanceId: '00000000-0000-7000-8000-000000000001',
  operationId: null,
  agentVersionId: '00000000-0000-7000-8000-00000000000d',
  agentVersion: '2026.9.5',
  revision: 1,
  reason: 'upgrade',
  phase: 'Verified',
  sha256: 'ab',
  sizeBytes: 5 * 1024 ** 2,
  error: null,
  createdAt: time,
  verifiedAt: time,
  expiresAt: null,
};
const drift: Drift = {
  instanceId: '00000000-0000-7000-8000-000000000001',
  tenantId: '00000000-0000-7000-8000-00000000000a',
  projectId: '00000000-0000-7000-8000-00000000000b',
  name: 'helpdesk',
  revision: 2,
  state: 'drifted',
  findings: [{ what: 'image', wanted: 'openclaw:2026.9.6', found: 'openclaw:2026.9.5' }],
  checkedAt: time,
  driftedSince: time,
  operationId: null,
};
const props = {
  instance: buildInstance(),
  page: { items: [revision(2, '2026.9.6'), revision(1, '2026.9.5')], next: null, total: 2 },
  pageNumber: 1,
  problem: null,
  backups: [backup],
  drift,
  driftProblem: null,
  isComparing: false,
  sides: null,
  diff: undefined,
  diffProblem: null,
  wanted: null,
  isBusy: false,
  actionProblem: null,
};
const show = (over: Record<string, unknown> = {}) => mountView(RevisionsView, { props: { ...props, ...over } });

it('shows what differs from what should run, beside it', async () => {
  const wrapper = await show();
  const card = wrapper.get('[data-card="drift"]').text();
  expect(card).toContain('openclaw:2026.9.6');
  expect(card).toContain('openclaw:2026.9.5');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('offers to go back to every revision but the present one', async () => {
  const wrapper = await show();
  expect(wrapper.findAll('[data-go-back]').map((button) => button.attributes('data-go-back'))).toEqual(['1']);
  await wrapper.get('[data-go-back="1"]').trigger('click');
  expect(wrapper.emitted('ask')).toEqual([[1]]);
});

const twoSides = {
  from: { agentVersion: '2026.9.5', configuration: { logging: { level: 'info' } } },
  to: { agentVersion: '2026.9.6', configuration: { logging: { level: 'debug' } } },
  changes: [
    { pointer: '/agentVersion', kind: 'changed', from: '2026.9.5', to: '2026.9.6' },
    { pointer: '/configuration/logging/level', kind: 'changed', from: 'info', to: 'debug' },
  ],
};
const comparison = async (over: Record<string, unknown>) => {
  const wrapper = await show({ sides: { from: 1, to: 2 }, ...over });
  await vi.waitFor(() => expect(wrapper.find('[data-card="revision-diff"]').exists()).toBe(true), 10_000);
  await flushPromises();
  return wrapper;
};

it('offers to compare each revision with the present one, and that with the one before', async () => {
  const wrapper = await show();
  await wrapper.get('[data-compare="2"]').trigger('click');
  await wrapper.get('[data-compare="1"]').trigger('click');
  expect(wrapper.emitted('choose')).toEqual([[{ from: 1, to: 2 }], [{ from: 1, to: 2 }]]);
  expect(wrapper.get('[data-compare="1"]').attributes('aria-label')).toBe('Compare revision 1');
  expect(wrapper.find('[data-card="revision-diff"]').exists()).toBe(false);
});

it('does not offer to compare where there is one revision only', async () => {
  const wrapper = await show({
    instance: buildInstance({ revision: 1 }),
    page: { items: [revision(1, '2026.9.5')], next: null, total: 1 },
  });
  expect(wrapper.find('[data-compare]').exists()).toBe(false);
});

it('shows two revisions beside each other, by place too, and lets others be chosen', async () => {
  const wrapper = await show({ diff: twoSides });
  wrapper.get<HTMLButtonElement>('[data-compare="1"]').element.focus();
  await wrapper.setProps({ sides: { from: 1, to: 2 } });
  await vi.waitFor(() => expect(wrapper.find('[data-card="revision-diff"]').exists()).toBe(true), 10_000);
  await flushPromises();
  const card = wrapper.get('[data-card="revision-diff"]');
  expect(card.get('h2').text()).toBe('Revision 1 beside revision 2');
  expect(document.activeElement).toBe(card.get('h2').element);
  expect(card.get('.changes').text()).toContain('/configuration/logging/level');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
  await card.get('button[aria-label="Swap the sides"]').trigger('click');
  await card
    .findAll('button')
    .find((button) => button.text() === 'Close')
    ?.trigger('click');
  expect(wrapper.emitted('choose')).toEqual([[{ from: 2, to: 1 }], [null]]);
});

it('says that two revisions are the same, or that one is not there', async () => {
  const same = await comparison({ diff: { from: {}, to: {}, changes: [] } });
  expect(same.text()).toContain('Both revisions are the same');
  const problem = new ProblemError({ status: 404, code: 'instance.revision-unknown', requestId: 'request-7' });
  const missing = await comparison({ diffProblem: problem });
  expect(missing.get('[role="alert"]').text()).toContain('The instance has no such revision');
});

it('says what going back touches, and gives up newer work only when that is asked for', async () => {
  const wrapper = await show({ wanted: 1 });
  expect(wholePage.text()).toContain('Take helpdesk back to revision 1?');
  await wholePage.get('form').trigger('submit');
  await wholePage.get('input[name="lossy"]').setValue(true);
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toEqual([[false], [true]]);
});

it('does not offer what the person may not do, and says when there is no copy yet', async () => {
  const wrapper = await show({ instance: buildInstance({ permissions: [] }), backups: [], drift: null });
  expect(wrapper.find('[data-go-back]').exists()).toBe(false);
  expect(wrapper.text()).toContain('None yet. One is taken before each change');
  expect(wrapper.text()).toContain('never');
});
