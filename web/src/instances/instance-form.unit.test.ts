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

  it('leaves the cluster to the platform where none is named, among those with the labels that are', () => {
    const form = { ...emptyForm(), clusterLabels: 'zone=a\ndisk=' };
    expect(newInstanceOf(emptyForm())).not.toHaveProperty('clusterId');
    expect(newInstanceOf(emptyForm())).not.toHaveProperty('clusterLabels');
    expect(newInstanceOf(form)).toMatchObject({ clusterLabels: { zone: 'a', disk: '' } });
    expect(formFaults({ ...form, clusterLabels: 'zone' })).toEqual({ '/clusterLabels': 'instances.labelsFault' });
    const named = { ...form, clusterId: 'c', clusterLabels: 'left over' };
    expect(newInstanceOf(named)).toMatchObject({ clusterId: 'c' });
    expect([newInstanceOf(named), formFaults(named)]).toEqual([
      expect.not.objectContaining({ clusterLabels: expect.anything() }),
      {},
    ]);
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
