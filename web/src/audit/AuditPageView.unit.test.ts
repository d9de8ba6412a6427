import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildAuditEntry, buildAuditProof } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import AuditPageView from './AuditPageView.vue';
import { exportAddress } from './use-audit.ts';

const filters = {
  actor: [],
  action: [],
  outcome: [],
  objectType: [],
  objectId: [],
  requestId: [],
  from: [],
  to: [],
};
const props = {
  page: { items: [buildAuditEntry()], next: null, total: 1 },
  problem: null,
  filters,
  pageNumber: 1,
  shown: null,
  proof: buildAuditProof(),
  proofProblem: null,
  isProving: false,
  hasChain: true,
  exports: { jsonl: '/api/v1/audit/export?format=jsonl', csv: '/api/v1/audit/export?format=csv' },
};
const show = (over: Record<string, unknown> = {}, language: 'en' | 'zh-CN' = 'en') =>
  mountView(AuditPageView, { props: { ...props, ...over }, language });

it('says up to where the chain is proven, and who has signed', { timeout: 20_000 }, async () => {
  const wrapper = await show();
  expect(wrapper.get('[aria-label="Chain"]').text()).toContain('Proven up to no. 1,204');
  expect(wrapper.text()).toContain('Signed up to no. 1,200');
  expect(wrapper.text()).toContain('The signature is ours.');
  await wrapper.get('.all').trigger('click');
  expect(wrapper.emitted('proveAll')).toHaveLength(1);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('names what is wrong in a broken chain', { timeout: 20_000 }, async () => {
  const fault = { kind: 'removed', number: 7, entryId: null, detail: 'Entry 7 is gone with the seal.' };
  const wrapper = await show({ proof: buildAuditProof({ state: 'broken', fault: fault as never }) });
  expect(wrapper.get('[role="alert"]').text()).toContain('An entry was removed');
  expect(wrapper.get('[role="alert"]').text()).toContain('Entry 7 is gone with the seal.');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('says that it is proving, that it could not, and which chain it would be', async () => {
  expect((await show({ proof: null, isProving: true })).text()).toContain('Proving the chain …');
  const proofProblem = new ProblemError({ status: 503, code: 'server.unavailable' });
  const failed = await show({ proof: null, proofProblem });
  expect(failed.text()).toContain('A part of the platform does not answer');
  await failed.get('[aria-label="Chain"] button').trigger('click');
  expect(failed.emitted('prove')).toHaveLength(1);
  expect((await show({ hasChain: false, proof: null })).text()).toContain('Choose a tenant');
});

it(
  'shows an entry with what it was before and after, and leads to what belongs together',
  { timeout: 20_000 },
  async () => {
    const wrapper = await show({ shown: buildAuditEntry() });
    const sheet = wholePage.get('[role="dialog"]');
    expect(sheet.text()).toContain('project.update');
    const cells = sheet.findAll('.changes tbody tr').map((row) => row.text());
    expect(cells).toEqual(['namesupporthelpdesk']);
    const press = (label: string) =>
      sheet
        .findAll('button')
        .find((button) => button.text() === label)
        ?.trigger('click');
    await press('All of this request');
    expect(wrapper.emitted('filter')).toEqual([['requestId', ['request-7']]]);
    expect(wrapper.emitted('show')).toEqual([[null]]);
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  },
);

it('counts what was done again and again', async () => {
  const items = [buildAuditEntry({ outcome: 'denied', detail: { repeated: 41 } })];
  const wrapper = await show({ page: { items, next: null, total: 1 } });
  expect(wrapper.text()).toContain('41 more times within the minute');
  expect(wrapper.text()).toContain('Denied');
});

it('narrows by outcome and time, and takes a filter off again', async () => {
  const wrapper = await show({ filters: { ...filters, outcome: ['denied', 'failed'] } });
  const [outcome, time] = wrapper.findAll('select');
  await outcome?.setValue('accepted');
  await time?.setValue('hour');
  const emitted = wrapper.emitted('filter') as [string, string[]][];
  expect(emitted[0]).toEqual(['outcome', ['denied', 'failed', 'accepted']]);
  expect(Date.now() - Date.parse(emitted[1]?.[1][0] ?? '')).toBeLessThan(3_700_000);
  await wrapper.get('[aria-label="Remove the filter Outcome: Denied"]').trigger('click');
  expect(emitted[2]).toEqual(['outcome', ['failed']]);
});

it('exports what is shown', async () => {
  const wrapper = await show();
  expect(wrapper.findAll('a[download]').map((link) => link.attributes('href'))).toEqual(Object.values(props.exports));
  expect(exportAddress({ tenantId: 'a', outcome: ['denied', 'failed'], actor: 'x & y' }, 'csv')).toBe(
    '/api/v1/audit/export?format=csv&tenantId=a&outcome=denied&outcome=failed&actor=x+%26+y',
  );
});

it('speaks Chinese', { timeout: 20_000 }, async () => {
  const wrapper = await show({}, 'zh-CN');
  expect(wrapper.text()).toContain('已验证到第 1,204 号');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});
