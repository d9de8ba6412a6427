import { expect, it } from 'vitest';
import { buildInstance } from '../testing/build-objects.ts';
import { mountView } from '../testing/mount-view.ts';
import InstanceDangerDialog from './InstanceDangerDialog.vue';

const props = { instance: buildInstance(), action: null, isBusy: false, problem: null };

it('says what a deletion touches and what stays, and waits for the name', async () => {
  const wrapper = await mountView(InstanceDangerDialog, { props });
  await wrapper.setProps({ action: 'delete' });
  expect(wrapper.text()).toContain('all its objects on cluster local are removed');
  expect(wrapper.text()).toContain('The volume of 10Gi with the agent’s state; it counts as storage.');
  await wrapper.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toBeUndefined();
  await wrapper.get('input:not([type="checkbox"])').setValue('helpdesk');
  await wrapper.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toEqual([[false]]);
});

it('says that a purge destroys the volume', async () => {
  const wrapper = await mountView(InstanceDangerDialog, { props });
  await wrapper.setProps({ action: 'delete' });
  await wrapper.get('input[type="checkbox"]').setValue(true);
  expect(wrapper.text()).toContain('It cannot be brought back.');
  expect(wrapper.text()).not.toContain('it counts as storage');
  await wrapper.get('input:not([type="checkbox"])').setValue('helpdesk');
  await wrapper.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toEqual([[true]]);
});
