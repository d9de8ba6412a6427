import { expect, it } from 'vitest';
import type { Backup, Drift, RevisionSummary } from '../api/types.ts';
import { buildInstance } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import RevisionsView from './RevisionsView.vue';

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
