import { rulesOf } from '../../activities/adapters/registry.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import { AgentVersion } from '../agents/agent-version.entity.ts';
import { requireFit } from '../agents/require-fit.ts';
import { versionToRun } from '../agents/version-to-run.ts';
import { requireCluster } from '../clusters/require-cluster.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { amountNames, type Amounts } from '../quotas/amounts.ts';
import { Quota, QuotaReservation } from '../quotas/quota.entity.ts';
import { quotaUse } from '../quotas/quota-use.ts';
import { chooseVersion } from '../configs/choose-version.ts';
import { LayerReader } from '../configs/layer-reader.ts';
import { planLayeredRevision } from '../revisions/plan-layered-revision.ts';
import type { RevisionPlan } from '../revisions/plan-revision.ts';
import { Revision } from '../revisions/revision.entity.ts';
import { findPlace } from '../placement/find-place.ts';
import { presentPlacement } from '../placement/placement.schema.ts';
import type { Project } from '../projects/project.entity.ts';
import { Instance } from './instance.entity.ts';
import type { InstancePreview, InstancePreviewRequest } from './instance.schema.ts';
import { presentResources, resourcesOf } from './quantities.ts';
import type { z } from 'zod';

/**
 * What a creation or a change would do, before it is asked for.
 * @throws Problem 'agent.version-unknown', 'agent.version-unfit', 'instance.unknown', 'cluster.unknown' and those of `chooseVersion` and `planLayeredRevision`
 */
export async function previewInstance(
  tx: Transaction,
  project: Project,
  request: z.output<typeof InstancePreviewRequest>,
  caller: Caller,
): Promise<InstancePreview> {
  const version = await tx.em.findOne(AgentVersion, { id: request.agentVersionId });
  if (!version) throw new Problem('agent.version-unknown');
  const rules = rulesOf(version.kind);
  const place = { tenantId: project.tenantId, projectId: project.id };
  const instance = request.instanceId ? await instanceIn(tx, project, request.instanceId) : null;
  const present = instance && (await presentRevision(tx, instance));
  if (instance) requireFit(version, (await requireCluster(tx, instance.clusterId)).runtime);
  const resources = resourcesOf(request.resources, present?.resources ?? rules.defaultResources);
  const layers = new LayerReader(tx);
  const template = await chooseVersion(layers, place.tenantId, { ...request, present });
  const keepsTemplate = (template?.id ?? null) === (present?.templateId ?? null);
  const variables = request.variables ?? (keepsTemplate ? present?.variables : undefined) ?? {};
  const wanted = { template, variables, overrides: request.configuration };
  const plan = await planLayeredRevision(tx, layers, rules, place, wanted, resources);
  const { clusterId, clusterLabels } = request;
  const amounts = { ...resources, instances: 1 };
  const found = instance ? null : await findPlace(tx, { ...place, version, amounts, clusterId, clusterLabels });
  return {
    files: plan.rendered.files,
    environment: plan.rendered.environment,
    secretReferences: plan.rendered.secretReferences,
    configurationHash: plan.configurationHash,
    configuration: plan.configuration,
    provenance: plan.provenance,
    resources: presentResources(resources),
    placement: found && presentPlacement(found.placement),
    change: present ? changeOf(present, plan, version) : 'new',
    quota: caller.can('quota:read', { tenantId: project.tenantId })
      ? await quotaAfter(tx, project.tenantId, amounts, request.instanceId)
      : null,
  };
}

async function instanceIn(tx: Transaction, project: Project, id: string): Promise<Instance> {
  const instance = await tx.em.findOne(Instance, { id, tenantId: project.tenantId, projectId: project.id });
  if (!instance) throw new Problem('instance.unknown');
  return instance;
}

const presentRevision = (tx: Transaction, { tenantId, id, revision }: Instance): Promise<Revision> =>
  tx.em.findOneOrFail(Revision, { tenantId, instanceId: id, number: revision });

function changeOf(present: Revision, plan: RevisionPlan, agentVersion: AgentVersion): InstancePreview['change'] {
  const before = {
    agentVersion: versionToRun(agentVersion),
    configuration: present.configuration,
    revision: 0,
    resources: present.resources,
  };
  const after = { ...before, configuration: plan.configuration, resources: plan.resources };
  const sameResources =
    JSON.stringify(presentResources(before.resources)) === JSON.stringify(presentResources(after.resources));
  if (sameResources && present.configurationHash === plan.configurationHash) return 'none';
  return rulesOf(agentVersion.kind).isHotChange(before, after) ? 'hot' : 'restart';
}

async function quotaAfter(
  tx: Transaction,
  tenantId: string,
  wanted: Amounts,
  instanceId: string | undefined,
): Promise<InstancePreview['quota']> {
  const { cpuMillis, memoryBytes, storageBytes, instances } = await tx.em.findOneOrFail(Quota, { tenantId });
  const limit = { cpuMillis, memoryBytes, storageBytes, instances };
  const used = await quotaUse(tx, tenantId);
  const held = instanceId ? await tx.em.findOne(QuotaReservation, { tenantId, instanceId }) : null;
  const after = { ...used };
  for (const name of amountNames) after[name] += wanted[name] - (held?.[name] ?? 0);
  const fits = amountNames.every((name) => after[name] <= limit[name] || after[name] <= used[name]);
  return { limit, used, after, fits };
}
