import { describe, expect, it } from 'vitest';
import { emptyForm, emptyProvider, formFaults, newInstanceOf } from './instance-form.ts';

describe('the form of a new instance', () => {
  it('asks only for what was entered', () => {
    const form = { ...emptyForm(), projectId: 'p', clusterId: 'c', agentVersionId: 'v', name: ' helpdesk ' };
    expect(newInstanceOf(form)).toEqual({
      projectId: 'p',
      clusterId: 'c',
      agentVersionId: 'v',
      name: 'helpdesk',
      labels: {},
      configuration: {},
      resources: {},
    });
  });

  it('names the template with its variables, and only what the instance sets over it', () => {
    const template = { templateId: 't', templateVersion: null, variables: { model: 'gw/a' } };
    const form = { ...emptyForm(), template, own: '{"agent":{"heartbeatMinutes":5}}', model: 'left/over' };
    expect(newInstanceOf(form)).toMatchObject({
      templateId: 't',
      variables: { model: 'gw/a' },
      configuration: { agent: { heartbeatMinutes: 5 } },
    });
    expect(newInstanceOf(form)).not.toHaveProperty('templateVersion');
    expect(newInstanceOf({ ...form, template: { ...template, templateVersion: 3 } })).toMatchObject({
      templateVersion: 3,
    });
    expect(formFaults({ ...form, own: '{' })).toEqual({ '/configuration': 'ui.editor.invalid' });
  });

  it('refers to a secret by its name and splits the models', () => {
    const provider = {
      ...emptyProvider(),
      name: 'gw',
      baseUrl: 'https://m.example/v1',
      secret: 'key',
      models: 'a, b,',
    };
    const form = {
      ...emptyForm(),
      providers: [provider],
      labels: 'team=support\nstage=',
      native: '{"ui":{}}',
      cpu: '2',
    };
    const { configuration, labels, resources } = newInstanceOf(form);
    expect(configuration).toEqual({
      providers: [
        {
          name: 'gw',
          baseUrl: 'https://m.example/v1',
          api: 'openai-completions',
          apiKey: { secret: 'key' },
          models: [{ id: 'a' }, { id: 'b' }],
        },
      ],
      native: { ui: {} },
    });
    expect(labels).toEqual({ team: 'support', stage: '' });
    expect(resources).toEqual({ cpu: '2' });
  });

  it('finds what no request needs to be made for', () => {
    expect(formFaults({ ...emptyForm(), native: '[1]', labels: 'team' })).toEqual({
      '/configuration/native': 'ui.editor.notObject',
      '/labels': 'instances.labelsFault',
    });
  });
});
