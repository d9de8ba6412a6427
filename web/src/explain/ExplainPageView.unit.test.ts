import { expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { buildExplanation, buildMember, buildTenant } from '../testing/build-objects.ts';
import { accessibilityFaults, mountView } from '../testing/mount-view.ts';
import ExplainPageView from './ExplainPageView.vue';

const props = {
  explanation: undefined,
  problem: null,
  permission: '',
  permissions: ['instance:read', 'instance:stop', 'member:read'],
  userId: '',
  people: [buildMember()],
  placeNames: new Map([[buildTenant().id, 'Acme']]),
};
const reason = buildExplanation().because[0];

it('asks whose right and which', async () => {
  const wrapper = await mountView(ExplainPageView, { props });
  expect(await accessibilityFaults(wrapper)).toEqual([]);
  await wrapper.get('select[name="permission"]').setValue('instance:stop');
  await wrapper.get('select[name="who"]').setValue(buildMember().userId);
  expect(wrapper.emitted()).toMatchObject({ ask: [['instance:stop']], about: [[buildMember().userId]] });
  expect(wrapper.find('.answer').exists()).toBe(false);
});

it('says why somebody may', async () => {
  const wrapper = await mountView(ExplainPageView, {
    props: { ...props, permission: 'instance:stop', explanation: buildExplanation() },
  });
  expect(wrapper.get('.answer').text()).toContain('Ada Lovelace may do this: Instances: stop.');
  expect(wrapper.get('.answer').text()).toContain('Operator in Acme');
  expect(await accessibilityFaults(wrapper)).toEqual([]);
});

it('says what is missing and whom to ask', async () => {
  const explanation = buildExplanation({
    allowed: false,
    because: [],
    missing: {
      roles: [
        { role: 'operator', roleName: null, onlyOwn: false },
        { role: 'member', roleName: null, onlyOwn: true },
      ],
      heldElsewhere: reason ? [{ ...reason, tenantId: 'another', projectId: null }] : [],
    },
    granters: [{ userId: 'head', name: 'head', displayName: 'The Head' }],
    holders: [],
  });
  const wrapper = await mountView(ExplainPageView, { props: { ...props, permission: 'instance:stop', explanation } });
  const text = wrapper.get('.answer').text();
  for (const part of ['may not do this', 'Operator in a tenant', 'Member (on one’s own instances)', 'The Head']) {
    expect(text).toContain(part);
  }
  expect(text).toContain('Nobody of this tenant.');
  await wrapper.setProps({ explanation: { ...explanation, granters: null, holders: null } });
  expect(wrapper.get('.answer').text()).toContain('You may not see the members here');
});

it('says what went wrong', async () => {
  const problem = new ProblemError({ status: 404, code: 'member.unknown' });
  const wrapper = await mountView(ExplainPageView, {
    props: { ...props, permission: 'instance:stop', problem },
    language: 'zh-CN',
  });
  expect(wrapper.get('[role="alert"]').text()).toContain('member.unknown');
});
