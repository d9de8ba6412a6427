import { expect, it } from 'vitest';
import { buildCounts, buildRollout } from '../testing/build-objects.ts';
import { mountView, wholePage } from '../testing/mount-view.ts';
import ControlDialog from './ControlDialog.vue';

const show = (control: string, over: Parameters<typeof buildRollout>[0] = {}) =>
  mountView(ControlDialog, { props: { rollout: buildRollout(over), control, isBusy: false, problem: null } });
const submit = () => wholePage.get('button[type="submit"]');

it('says how many targets an abort leaves, and does it with a reason', async () => {
  const wrapper = await show('abort', { counts: buildCounts({ Pending: 8, Updating: 1, Updated: 1 }) });
  expect(wholePage.text()).toContain('8 of 10 targets stay as they are');
  await wholePage.get('textarea').setValue(' wrong version ');
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toEqual([[{ reason: 'wrong version', force: false, discardNewState: false }]]);
});

it('goes past a failed judgement only with force and a reason', async () => {
  await show('promote', { phase: 'Paused', pauseReason: 'analysis-failed' });
  expect(submit().attributes('disabled')).toBeDefined();
  await wholePage.get('input[name="force"]').setValue(true);
  expect(submit().attributes('disabled')).toBeDefined();
  await wholePage.get('textarea').setValue('known flake');
  expect(submit().attributes('disabled')).toBeUndefined();
});

it('says that a wave which still bakes is judged before the next one begins', async () => {
  await show('promote', { phase: 'Progressing' });
  expect(wholePage.text()).toContain('The wave is judged now');
  expect(wholePage.find('input[name="force"]').exists()).toBe(false);
});

it('asks for no force where a wave only waits for a person', async () => {
  await show('promote', { phase: 'Paused', pauseReason: 'wave-passed' });
  expect(wholePage.find('input[name="force"]').exists()).toBe(false);
  expect(submit().attributes('disabled')).toBeUndefined();
});

it('goes back past new work only when that is given up expressly', async () => {
  await show('rollback', { kind: 'image', phase: 'Paused', pauseReason: 'state-diverged' });
  expect(submit().attributes('disabled')).toBeDefined();
  await wholePage.get('input[name="discard"]').setValue(true);
  expect(submit().attributes('disabled')).toBeUndefined();
});

it('resumes a way back past new work only where that is given up, and leaves it alone else', async () => {
  const paused = { kind: 'rollback', phase: 'Paused', pauseReason: 'state-diverged' } as const;
  const wrapper = await show('resume', { ...paused, actions: ['resume', 'rollback', 'abort'] });
  expect(wholePage.text()).toContain('Instances that have worked since are left as they are');
  expect(submit().attributes('disabled')).toBeUndefined();
  await wholePage.get('input[name="discard"]').setValue(true);
  await wholePage.get('form').trigger('submit');
  expect(wrapper.emitted('confirm')).toEqual([[{ reason: '', force: false, discardNewState: true }]]);
});
