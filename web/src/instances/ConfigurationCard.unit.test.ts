import { expect, it } from 'vitest';
import { buildInstance } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import ConfigurationCard from './ConfigurationCard.vue';

const bound = buildInstance({
  templateId: 't-1',
  templateName: 'support-desk',
  templateVersion: 3,
  variables: { minutes: 5 },
  overrides: { logging: { level: 'warn' } },
  provenance: { '/agent/heartbeatMinutes': 'template', '/logging/level': 'instance', '/native': 'default' },
});

it('tells of each value which layer it comes from, and which template the instance follows', async () => {
  const wrapper = await mountView(ConfigurationCard, { props: { instance: bound, mayEdit: true } });
  expect(wrapper.get('a').attributes('href')).toBe('/t/all/p/all/configs/t-1');
  expect(wrapper.get('a').text()).toBe('Template support-desk, version 3');
  expect(wrapper.get('.variables').text()).toBe('minutes = 5');
  const rows = wrapper.findAll('tbody tr').map((row) => row.findAll('td').map((cell) => cell.text()));
  expect(rows).toEqual([
    ['/agent/heartbeatMinutes', '0', 'template'],
    ['/logging/level', '"info"', 'instance'],
  ]);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('shows the text alone where it is not known where values come from', async () => {
  const wrapper = await mountView(ConfigurationCard, { props: { instance: buildInstance(), mayEdit: false } });
  expect(wrapper.find('table').exists()).toBe(false);
  expect(wrapper.find('a').exists()).toBe(false);
  expect(wrapper.findAll('button').map((button) => button.text())).not.toContain('Values and their layers');
});
