import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildAgentVersion } from '../testing/build-objects.ts';
import { mountView, wholePage } from '../testing/mount-view.ts';
import AgentVersionsPageView from './AgentVersionsPageView.vue';
import EnterVersionDialog from './EnterVersionDialog.vue';

const entries = { kind: 'openclaw', version: '2026.9.6', image: '', imageDigest: '', package: '' };
const show = (over: object = {}, more: object = {}) =>
  mountView(EnterVersionDialog, {
    props: {
      modelValue: { ...entries, ...over },
      open: true,
      kinds: ['openclaw'],
      isBusy: false,
      problem: null,
      ...more,
    },
  });
const isDisabled = () => wholePage.get('button[type="submit"]').attributes('disabled') !== undefined;

it.each([
  ['nothing to run', {}, true],
  ['an image', { image: 'openclaw:1' }, false],
  ['a package', { package: 'openclaw@2026.9.6' }, false],
  ['both', { image: 'openclaw:1', package: 'openclaw@2026.9.6' }, false],
])('can be entered with %s: %j', async (_, over, disabled) => {
  await show(over);
  expect(isDisabled()).toBe(disabled);
});

it('shows a refused package at its field', async () => {
  const errors = [{ pointer: '/package', detail: 'name@version of an npm package, exactly' }];
  const problem = new ProblemError({ status: 422, code: 'request.invalid', faults: errors });
  await show({ package: 'openclaw' }, { problem });
  expect(wholePage.text()).toContain('name@version of an npm package, exactly');
});

it('is listed with what it runs from', async () => {
  const items = [
    buildAgentVersion({ package: 'openclaw@2026.9.6' }),
    buildAgentVersion({ id: '2', version: '2', image: null, package: 'openclaw@2.0.0' }),
  ];
  const props = {
    problem: null,
    actionProblem: null,
    pageNumber: 1,
    mayCreate: true,
    page: { items, next: null, total: 2 },
  };
  const wrapper = await mountView(AgentVersionsPageView, { props });
  const rows = wrapper.findAll('tbody tr').map((row) => row.text());
  expect(rows[0]).toContain('ghcr.io/openclaw/openclaw:2026.9.6');
  expect(rows[0]).toContain('npm package openclaw@2026.9.6');
  expect(rows[1]).toContain('npm package openclaw@2.0.0');
});
