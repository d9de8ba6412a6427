import { describe, expect, it } from 'vitest';
import type { Component } from 'vue';
import type { VueWrapper } from '@vue/test-utils';
import AgentVersionsPageView from '../agents/AgentVersionsPageView.vue';
import AuditPageView from '../audit/AuditPageView.vue';
import { ProblemError } from '../api/problem.ts';
import ClustersPageView from '../clusters/ClustersPageView.vue';
import ConfigsPageView from '../configs/ConfigsPageView.vue';
import InstancesPageView from '../instances/InstancesPageView.vue';
import MembersPageView from '../members/MembersPageView.vue';
import OperationsPageView from '../operations/OperationsPageView.vue';
import ProjectsPageView from '../projects/ProjectsPageView.vue';
import RolloutsPageView from '../rollouts/RolloutsPageView.vue';
import SecretsPageView from '../secrets/SecretsPageView.vue';
import TenantsPageView from '../tenants/TenantsPageView.vue';
import {
  buildAgentVersion,
  buildAuditEntry,
  buildAuditProof,
  buildCluster,
  buildConfig,
  buildInstance,
  buildMember,
  buildOperation,
  buildProject,
  buildRollout,
  buildSecret,
  buildTenant,
} from './build-objects.ts';
import { accessibilityFaults, mountView } from './mount-view.ts';

interface ListView {
  view: Component;
  props: Record<string, unknown>;
  row: { id: string };
  empty: string;
  shows: string;
}

const basic = { problem: null, pageNumber: 1 };
const common = { ...basic, mayCreate: true };
const searched = { ...common, search: '' };
const views: Record<string, ListView> = {
  instances: {
    view: InstancesPageView,
    props: {
      ...common,
      filters: { phase: [], cluster: [], drift: [], leftAlone: [], name: [], label: [], sort: [] },
      sort: '-createdAt',
      clusters: [],
      hasProject: true,
      showTenant: true,
      showProject: true,
    },
    row: buildInstance(),
    empty: 'No instance yet',
    shows: 'helpdesk',
  },
  members: {
    view: MembersPageView,
    props: { ...basic, search: '', mayInvite: true, hasTenant: true, invitations: [] },
    row: buildMember(),
    empty: 'Nobody here yet',
    shows: 'Ada Lovelace',
  },
  operations: {
    view: OperationsPageView,
    props: { ...basic, filters: { phase: [], kind: [] } },
    row: buildOperation(),
    empty: 'Nothing has been changed yet',
    shows: 'Create',
  },
  'config templates': {
    view: ConfigsPageView,
    props: {
      ...common,
      filters: { status: [], kind: [], name: [], sort: [] },
      sort: 'name',
      kinds: ['openclaw'],
      showTenant: true,
    },
    row: buildConfig(),
    empty: 'No config template yet',
    shows: 'support-desk',
  },
  rollouts: {
    view: RolloutsPageView,
    props: { ...basic, filters: { phase: [], kind: [] } },
    row: buildRollout(),
    empty: 'No rollout yet',
    shows: 'Gateway v12',
  },
  'audit entries': {
    view: AuditPageView,
    props: {
      ...basic,
      filters: { actor: [], action: [], outcome: [], objectType: [], objectId: [], requestId: [], from: [], to: [] },
      shown: null,
      proof: buildAuditProof(),
      proofProblem: null,
      isProving: false,
      hasChain: true,
      exports: { jsonl: '/jsonl', csv: '/csv' },
    },
    row: buildAuditEntry(),
    empty: 'Nothing is recorded here',
    shows: 'project.update',
  },
  tenants: { view: TenantsPageView, props: searched, row: buildTenant(), empty: 'No tenant yet', shows: 'Acme' },
  projects: {
    view: ProjectsPageView,
    props: { ...searched, showTenant: true },
    row: buildProject(),
    empty: 'No project yet',
    shows: 'Support',
  },
  secrets: {
    view: SecretsPageView,
    props: { ...searched, places: [] },
    row: buildSecret(),
    empty: 'No secret yet',
    shows: 'model-key',
  },
  clusters: {
    view: ClustersPageView,
    props: { ...searched, actionProblem: null, isBusy: false },
    row: buildCluster(),
    empty: 'No cluster yet',
    shows: 'local',
  },
  'agent versions': {
    view: AgentVersionsPageView,
    props: { ...common, actionProblem: null },
    row: buildAgentVersion(),
    empty: 'No agent version yet',
    shows: '2026.9.6',
  },
};

const show = ({ view, props }: ListView, over: Record<string, unknown>): Promise<VueWrapper> =>
  mountView(view, { props: { ...props, ...over } });

describe.each(Object.entries(views))('the list of %s', (_name, list) => {
  it('shows that it is loading', async () => {
    const wrapper = await show(list, { page: undefined });
    expect(wrapper.find('[role="status"]').attributes('aria-label')).toBe('Loading …');
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  });

  it('says what to do first when there is nothing', async () => {
    const wrapper = await show(list, { page: { items: [], next: null, total: 0 } });
    expect(wrapper.text()).toContain(list.empty);
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  });

  it('says what went wrong, with the request id, and asks again on demand', async () => {
    const problem = new ProblemError({ status: 503, code: 'server.unavailable', requestId: 'request-7' });
    const wrapper = await show(list, { page: undefined, problem });
    expect(wrapper.get('[role="alert"]').text()).toContain('A part of the platform does not answer');
    expect(wrapper.get('[role="alert"]').text()).toContain('request-7');
    await wrapper
      .findAll('[role="alert"] button')
      .find((button) => button.text() === 'Try again')
      ?.trigger('click');
    expect(wrapper.emitted('retry')).toHaveLength(1);
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  });

  it('shows many with their total and leads to the next page', { timeout: 20_000 }, async () => {
    const items = Array.from({ length: 50 }, (_, index) => ({ ...list.row, id: `${list.row.id}${index}` }));
    const wrapper = await show(list, { page: { items, next: 'cursor-2', total: 1312 } });
    expect(wrapper.findAll('tbody tr')).toHaveLength(50);
    expect(wrapper.text()).toContain(list.shows);
    expect(wrapper.text()).toContain('1–50 of 1,312');
    await wrapper.findAll('nav button').at(-1)?.trigger('click');
    expect(wrapper.emitted('forward')).toEqual([['cursor-2']]);
    expect(await accessibilityFaults(wrapper)).toEqual([]);
  });
});
