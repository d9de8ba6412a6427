import { expect, it, vi } from 'vitest';
import { flushPromises } from '@vue/test-utils';
import { ProblemError } from '../api/problem.ts';
import type { ConfigVerdict } from '../api/types.ts';
import { buildConfig, buildConfigVersion } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView, wholePage } from '../testing/mount-view.ts';
import ConfigDiffView from './ConfigDiffView.vue';
import ConfigEditorView from './ConfigEditorView.vue';
import ConfigPageView from './ConfigPageView.vue';
import ConfigVersionsView from './ConfigVersionsView.vue';
import DefaultsPageView from './DefaultsPageView.vue';
import { usualPush } from './push-strategy.ts';
import PublishDialogView from './PublishDialogView.vue';
import VariablesForm from './VariablesForm.vue';
import ValueSources from './ValueSources.vue';

// jsdom lays nothing out; the editor and the comparison ask it how wide the page is.
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));

const page = {
  config: buildConfig(),
  problem: null,
  tab: 'editor',
  previous: 2,
  isDirty: false,
  maySave: true,
  isBehind: false,
};
const button = (wrapper: Awaited<ReturnType<typeof mountView>>, text: string) =>
  wrapper.findAll('button').find((one) => one.text() === text);

it('offers to publish a draft, and says why the published one cannot be', async () => {
  const draft = buildConfig({ latestVersion: 4, latest: buildConfigVersion({ version: 4, status: 'draft' }) });
  const ready = await mountView(ConfigPageView, { props: { ...page, config: draft } });
  await button(ready, 'Publish version 4')?.trigger('click');
  expect(ready.emitted('publish')).toEqual([[4]]);
  expect(await accessibilityFaults(ready)).toEqual([]);

  const done = await mountView(ConfigPageView, { props: page });
  await button(done, 'Publish version 3')?.trigger('click');
  expect(done.emitted('publish')).toBeUndefined();
  expect(done.text()).toContain('The newest version is published already.');
});

it('asks to save before publishing, and tells when somebody else saved meanwhile', async () => {
  const wrapper = await mountView(ConfigPageView, { props: { ...page, isDirty: true } });
  expect(wrapper.text()).toContain('There are unsaved changes.');
  await button(wrapper, 'Save draft')?.trigger('click');
  expect(wrapper.emitted('save')).toHaveLength(1);
  await wrapper.setProps({ isBehind: true });
  expect(wrapper.text()).toContain('Somebody saved version 3 after you began.');
});

it('explains what a viewer may not do', async () => {
  const wrapper = await mountView(ConfigPageView, { props: { ...page, config: buildConfig({ permissions: [] }) } });
  await button(wrapper, 'Publish version 3')?.trigger('click');
  expect(wrapper.emitted('publish')).toBeUndefined();
  expect(wrapper.text()).toContain('Your roles do not allow this.');
});

it('says what went wrong where there is no template', async () => {
  const problem = new ProblemError({ status: 404, code: 'config.unknown' });
  const wrapper = await mountView(ConfigPageView, { props: { ...page, config: undefined, problem } });
  expect(wrapper.get('[role="alert"]').text()).toContain('config.unknown');
});

const verdict: ConfigVerdict = {
  valid: true,
  faults: [],
  configuration: {
    providers: [],
    agent: { model: 'gw/a', heartbeatMinutes: 0 },
    limits: {},
    logging: { level: 'info' },
    environment: {},
    native: {},
  },
  provenance: { '/agent/model': 'template', '/agent/heartbeatMinutes': 'default', '/logging/level': 'tenant' },
  files: { 'openclaw.json': '{}' },
  configurationHash: 'abc',
  programCheck: 'unknown',
};
const editor = {
  draft: {
    configuration: '{"agent":{"model":{"$variable":"model"}}}',
    variables: JSON.stringify(buildConfigVersion().variables),
    locks: [],
  },
  values: {},
  schema: undefined,
  variablesSchema: buildConfigVersion().variables,
  verdict: null,
  problem: null,
  isOld: false,
  instances: [],
  instanceId: '',
  readonly: false,
};

it('makes a field of each variable, and tells of each value where it comes from', async () => {
  const wrapper = await mountView(ConfigEditorView, { props: { ...editor, verdict } });
  await flushPromises();
  const field = wrapper.get('.variables-form input');
  await field.setValue('gw/b');
  expect(wrapper.emitted('update:values')?.at(-1)).toEqual([{ model: 'gw/b' }]);
  const rows = wrapper.findAll('tbody tr').map((row) => row.findAll('td').map((cell) => cell.text()));
  expect(rows).toEqual([
    ['/agent/model', '"gw/a"', 'template'],
    ['/logging/level', '"info"', 'tenant'],
  ]);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('shows each fault with its layer, and that of a variable at its field', async () => {
  const faults: ConfigVerdict['faults'] = [
    { layer: 'template', pointer: '/agent/model', variable: null, code: 'request.invalid', detail: 'Too long.' },
    {
      layer: null,
      pointer: '/variables/model',
      variable: 'model',
      code: 'config.variables-invalid',
      detail: 'Needed.',
    },
    { layer: 'instance', pointer: '/agent', variable: null, code: 'config.value-locked', detail: 'It is locked.' },
  ];
  const wrapper = await mountView(ConfigEditorView, {
    props: { ...editor, verdict: { ...verdict, valid: false, faults, configuration: null, provenance: {} } },
  });
  expect(wrapper.get('.verdict').text()).toContain('3 faults');
  expect(wrapper.findAll('.faults li')).toHaveLength(3);
  expect(wrapper.get('.faults [data-layer="instance"]').text()).toBe('instance');
  expect(wrapper.get('.variables-form .fault').text()).toBe('Needed.');
  // Only what an editor holds can be gone to.
  expect(wrapper.findAll('.faults button')).toHaveLength(1);
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('adds a variable to the schema', async () => {
  const wrapper = await mountView(ConfigEditorView, { props: editor });
  await wrapper.get('.new-variable input').setValue('team');
  await wrapper.findAll('.new-variable button').at(-1)?.trigger('click');
  const [[draft]] = wrapper.emitted('update:draft') as [[typeof editor.draft]];
  expect(JSON.parse(draft.variables)).toMatchObject({ properties: { model: {}, team: { type: 'string' } } });
});

it('keeps numbers as numbers and sends nothing for what is left empty', async () => {
  const schema = { type: 'object', properties: { n: { type: 'integer' }, s: { type: 'string' } } };
  const wrapper = await mountView(VariablesForm, { props: { modelValue: { s: 'x' }, schema } });
  const [number, text] = wrapper.findAll('input');
  await number?.setValue('5');
  await text?.setValue('');
  expect(wrapper.emitted('update:modelValue')).toEqual([[{ s: 'x', n: 5 }], [{ n: 5 }]]);
});

it('does not draw thousands of values at once', async () => {
  const provenance = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`/native/v${index}`, 'template']));
  const wrapper = await mountView(ValueSources, { props: { configuration: { native: {} }, provenance } });
  expect(wrapper.findAll('tbody tr')).toHaveLength(100);
  expect(wrapper.text()).toContain('Show all 5,000');
  await wrapper.get('.search input').setValue('v4999');
  expect(wrapper.findAll('tbody tr')).toHaveLength(1);
});

it(
  'shows the spread of versions over the fleet, and leads to a comparison with what holds',
  { timeout: 20_000 },
  async () => {
    const config = buildConfig({ latestVersion: 1_000, publishedVersion: 999, instances: 40 });
    const items = Array.from({ length: 50 }, (_, index) => {
      const version = 1_000 - index;
      const status = version === 999 ? 'published' : version === 1_000 ? 'draft' : 'retired';
      return buildConfigVersion({
        version,
        status,
        instances: version === 999 ? 30 : 0,
        publishedAt: version === 1_000 ? null : '2026-11-22T10:00:00.000Z',
      });
    });
    const wrapper = await mountView(ConfigVersionsView, {
      props: { config, page: { items, next: 'more', total: 1_000 }, problem: null, pageNumber: 1 },
    });
    expect(wrapper.findAll('tbody tr')).toHaveLength(50);
    expect(wrapper.text()).toContain('1–50 of 1,000');
    const [newest, published, older] = wrapper.findAll('tbody tr');
    expect(newest?.get('a').attributes('href')).toContain('from=999&to=1000');
    expect(published?.get('a').attributes('href')).toContain('from=998&to=999');
    expect(published?.get('.bar span').attributes('style')).toContain('75%');
    expect(published?.findAll('button')).toHaveLength(0);
    await newest?.get('button').trigger('click');
    await older?.get('button').trigger('click');
    expect(wrapper.emitted('publish')).toEqual([[1_000]]);
    expect(wrapper.emitted('rollback')).toEqual([[998]]);
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  },
);

it('lists the differences by place, and says so when there are none', async () => {
  const props = { problem: null, from: 2, to: 3, latest: 3, published: 3 };
  const diff = {
    from: { configuration: {} },
    to: { configuration: { agent: { model: 'a' } } },
    changes: [{ pointer: '/configuration/agent', kind: 'added', to: { model: 'a' } }],
  };
  const wrapper = await mountView(ConfigDiffView, { props: { ...props, diff } });
  expect(wrapper.get('.changes').text()).toContain('added/configuration/agent');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
  const same = await mountView(ConfigDiffView, { props: { ...props, diff: { from: {}, to: {}, changes: [] } } });
  expect(same.text()).toContain('Both versions say the same');
});

const preview = { total: 101, waves: [], restarts: 40, unchanged: 7, refused: 1, conflicts: [], targets: [] };
const publication = {
  modelValue: { ...usualPush(), version: 4, push: true, reason: '' },
  open: true,
  config: buildConfig({ instances: 107 }),
  verb: 'publish',
  preview,
  previewProblem: null,
  isBusy: false,
  problem: null,
};

it('says what publishing touches before it is done, in waves, with the verb on the button', async () => {
  await mountView(PublishDialogView, { props: publication });
  await flushPromises();
  const text = wholePage.get('.el-dialog').text();
  expect(text).toContain('It changes 100 instances');
  expect(text).toContain('40 agents restart');
  expect(text).toContain('7 render to the same and are left out');
  expect(wholePage.findAll('.waves li').map((wave) => wave.text())).toEqual([
    '1 instance',
    '10 instances',
    '89 instances',
  ]);
  expect(wholePage.get('.el-dialog button[type="submit"]').text()).toBe('Publish version 4 and roll out to 100');
});

it('does not publish on before it is known what it touches', async () => {
  const wrapper = await mountView(PublishDialogView, { props: { ...publication, preview: undefined } });
  await flushPromises();
  const submit = () => wholePage.get('.el-dialog button[type="submit"]');
  expect(submit().attributes('disabled')).toBeDefined();
  await wrapper.setProps({ modelValue: { ...publication.modelValue, push: false } });
  expect(submit().attributes('disabled')).toBeUndefined();
  expect(submit().text()).toBe('Publish version 4');
});

it('does not roll back without a reason', async () => {
  const wrapper = await mountView(PublishDialogView, { props: { ...publication, verb: 'rollback' } });
  await flushPromises();
  const submit = () => wholePage.get('.el-dialog button[type="submit"]');
  expect(submit().attributes('disabled')).toBeDefined();
  await wrapper.setProps({ modelValue: { ...publication.modelValue, reason: 'agents were slow' } });
  expect(submit().attributes('disabled')).toBeUndefined();
});

const defaults = {
  text: '{}',
  locks: [],
  layer: 'tenant',
  mayRead: true,
  defaults: {
    layer: 'tenant',
    agentKind: 'openclaw',
    configuration: {},
    locks: [],
    generation: 0,
    updatedAt: null,
    permissions: ['defaults:update'],
  },
  problem: null,
  saveProblem: null,
  schema: undefined,
  kinds: ['openclaw'],
  kind: 'openclaw',
  isDirty: false,
  isBusy: false,
};

it('names the layer whose defaults are shown, in both languages', async () => {
  const english = await mountView(DefaultsPageView, { props: defaults });
  expect(english.get('h1').text()).toBe('Defaults of the tenant');
  expect(english.text()).toContain('nothing is set yet');
  expect(await accessibilityFaults(english)).toEqual([]);
  english.unmount();
  const chinese = await mountView(DefaultsPageView, { props: { ...defaults, layer: 'project' }, language: 'zh-CN' });
  expect(chinese.get('h1').text()).toBe('项目默认值');
});

it('sends who may not see the platform to a tenant', async () => {
  const wrapper = await mountView(DefaultsPageView, {
    props: { ...defaults, layer: 'platform', mayRead: false, defaults: undefined },
  });
  expect(wrapper.text()).toContain('Choose a tenant');
});

it('offers the newest where somebody else saved meanwhile', async () => {
  const saveProblem = new ProblemError({ status: 412, code: 'request.stale' });
  const wrapper = await mountView(DefaultsPageView, { props: { ...defaults, saveProblem, isDirty: true } });
  await wrapper
    .findAll('[role="alert"] button')
    .find((one) => one.text() === 'Load the newest version')
    ?.trigger('click');
  expect(wrapper.emitted('loadNewest')).toHaveLength(1);
});
