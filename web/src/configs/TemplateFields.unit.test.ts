import { expect, it } from 'vitest';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import TemplateFields from './TemplateFields.vue';
import { noTemplate } from './use-template-choice.ts';

const props = {
  modelValue: { templateId: 't-1', templateVersion: null, variables: {} },
  templates: [{ id: 't-1', name: 'support-desk', publishedVersion: 4 }],
  published: 4,
  schema: {
    type: 'object',
    properties: {
      team: { type: 'string', title: 'Team', description: 'Who answers' },
      level: { type: 'string', enum: ['low', 'high'], default: 'low' },
      replies: { type: 'integer', minimum: 1, maximum: 9 },
    },
    required: ['team'],
  },
  locks: ['/logging'],
  fault: (pointer: string) => (pointer === '/variables/replies' ? 'At most 9.' : undefined),
};

it('asks for nothing more where no template is chosen', async () => {
  const wrapper = await mountView(TemplateFields, { props: { ...props, modelValue: noTemplate() } });
  expect(wrapper.findAll('label')).toHaveLength(1);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('makes a field of each variable with its hint, its range and its default', async () => {
  const wrapper = await mountView(TemplateFields, { props });
  const fields = wrapper.findAll('.variables-form .field').map((field) => field.text().replaceAll(/\s+/g, ' '));
  expect(fields[0]).toContain('Team');
  expect(fields[0]).not.toContain('optional');
  expect(fields[0]).toContain('Who answers');
  expect(fields[1]).toContain('otherwise low');
  expect(fields[2]).toContain('At most 9.');
  expect(wrapper.text()).toContain('Locked by the template: /logging');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('sends what was entered with the variables that were there', async () => {
  const modelValue = { templateId: 't-1', templateVersion: null, variables: { team: 'desk' } };
  const wrapper = await mountView(TemplateFields, { props: { ...props, modelValue } });
  await wrapper.findAll('.variables-form input').at(-1)?.setValue('3');
  expect(wrapper.emitted('update:modelValue')?.at(-1)).toEqual([
    { ...modelValue, variables: { team: 'desk', replies: 3 } },
  ]);
});
