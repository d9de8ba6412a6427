import { expect, it } from 'vitest';
import type { Placement } from '../api/types.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import PlacementReasons from './PlacementReasons.vue';

const cluster = (name: string) => ({ id: `00000000-0000-7000-8000-0000000000${name}`, name });
const show = (verdicts: Placement['verdicts'], language: 'en' | 'zh-CN' = 'en') =>
  mountView(PlacementReasons, { props: { placement: { by: 'platform', labels: {}, verdicts } }, language });
const unfit: Placement['verdicts'][number] = {
  ...cluster('c'),
  outcome: 'unfit',
  obstacles: ['cordoned', 'no-room'],
};

it('says which cluster it is and why, and of each other one why not', async () => {
  const wrapper = await show([
    { ...cluster('a'), outcome: 'chosen', by: 'fewest-of-project' },
    { ...cluster('b'), outcome: 'passed-over', by: 'fewest-of-project' },
    unfit,
  ]);
  expect(wrapper.get('.chosen').text()).toBe('a has the fewest instances of the project');
  expect(wrapper.get('summary').text()).toBe('why not the 2 others');
  expect(wrapper.findAll('li').map((item) => item.text())).toEqual([
    'b has more instances of the project',
    'c takes no new instances for now, has no room for it',
  ]);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('shows at once what stands against each where none can take it', async () => {
  const wrapper = await show([unfit], 'zh-CN');
  expect(wrapper.get('[role="alert"]').text()).toBe('没有集群可以接收：');
  expect(wrapper.find('details').exists()).toBe(false);
  expect(wrapper.get('li').text()).toBe('c 暂不接收新实例, 容量不足');
});
