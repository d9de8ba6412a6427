import { expect, it } from 'vitest';
import { buildInstance } from '../testing/build-objects.ts';
import { mountView, wholePage } from '../testing/mount-view.ts';
import InstanceDangerDialog from './InstanceDangerDialog.vue';

const props = { instance: buildInstance(), action: null, isBusy: false, problem: null };

it('says what a deletion touches and what stays, and waits for the name', async () => {
  const wrapper = await mountView(InstanceDangerDialog, { props });
  await wrapper.setProps({ action: 'delete' });
  expect(wholePage.text()).toContain('all its objects on cluster local are removed');
  expect(wholePage.text()).toContain('The volume of 10Gi with the agent’s state; it counts as storage.');
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toBeUndefined();
  await wholePage.get('input:not([type="checkbox"])').setValue('helpdesk');
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toEqual([[false]]);
});

it('says that a purge destroys the volume', async () => {
  const wrapper = await mountView(InstanceDangerDialog, { props });
  await wrapper.setProps({ action: 'delete' });
  await wholePage.get('input[type="checkbox"]').setValue(true);
  expect(wholePage.text()).toContain('It cannot be brought back.');
  expect(wholePage.text()).not.toContain('it counts as storage');
  await wholePage.get('input:not([type="checkbox"])').setValue('helpdesk');
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toEqual([[true]]);
});
