import { expect, it } from 'vitest';
import { buildInstance } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import BulkBar from './BulkBar.vue';

const show = (over: Record<string, unknown> = {}) =>
  mountView(BulkBar, { props: { chosen: [buildInstance()], matching: 312, isGathering: false, ...over } });

it('offers to choose all that match, on all pages', async () => {
  const wrapper = await show();
  const all = wrapper.findAll('button').find((button) => button.text() === 'Choose all 312 that match');
  await all?.trigger('click');
  expect(wrapper.emitted('all')).toHaveLength(1);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('does to all of them what it says', async () => {
  const wrapper = await show();
  await wrapper.get('[data-bulk-action="restart"]').trigger('click');
  expect(wrapper.emitted('act')).toEqual([['restart']]);
});

it('explains what cannot be done with all that are chosen', async () => {
  const readOnly = buildInstance({ id: '00000000-0000-7000-8000-0000000000ff', permissions: [] });
  const wrapper = await show({ chosen: [buildInstance(), readOnly] });
  await wrapper.get('[data-bulk-action="stop"]').trigger('click');
  expect(wrapper.emitted('act')).toBeUndefined();
  expect(wrapper.text()).toContain('Your roles do not allow this');
});

it('keeps a rollout within one tenant', async () => {
  const other = buildInstance({ tenantId: '00000000-0000-7000-8000-0000000000fe' });
  const wrapper = await show({ chosen: [buildInstance(), other] });
  expect(wrapper.get('[data-bulk-action="start"]').attributes('aria-disabled')).toBe('true');
  expect(wrapper.text()).toContain('A rollout stays within one tenant');
});
