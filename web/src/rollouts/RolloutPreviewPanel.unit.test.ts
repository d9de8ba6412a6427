import { expect, it } from 'vitest';
import type { RolloutPreview } from '../api/types.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import RolloutPreviewPanel from './RolloutPreviewPanel.vue';

const target = (name: string, over: Partial<RolloutPreview['targets'][number]> = {}) => ({
  instanceId: name,
  name,
  projectName: 'support',
  wave: 1,
  position: 1,
  change: 'restart' as const,
  fromRevision: 1,
  refusal: null,
  ...over,
});

it('tells first which instances are left alone, and why', async () => {
  const targets = Array.from({ length: 40 }, (_, index) => target(`agent-${index + 1}`));
  const refusal = { code: 'instance.rolled-back-often', detail: 'It was rolled back 3 times.' };
  targets.push(target('returns', { change: 'none', refusal }));
  const preview = { total: 41, waves: [], restarts: 40, unchanged: 0, refused: 1, conflicts: [], targets };
  const wrapper = await mountView(RolloutPreviewPanel, { props: { preview, problem: null, isStale: false } });
  const [first, second] = wrapper.findAll('.targets li');
  expect(first?.text()).toContain('returns');
  expect(first?.text()).toContain('It was rolled back 3 times.');
  expect(second?.text()).toContain('agent-1');
  expect(wrapper.findAll('.targets li')).toHaveLength(30);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});
