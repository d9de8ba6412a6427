import { randomBytes } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { v7 as uuidv7 } from 'uuid';
import { rulesOf } from '../../../activities/adapters/registry.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { AgentVersion } from '../../agents/agent-version.entity.ts';
import { chooseVersion } from '../../configs/choose-version.ts';
import type { LayerDocument } from '../../configs/config-version.entity.ts';
import { LayerReader } from '../../configs/layer-reader.ts';
import { requestOperation } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { settlePlace } from '../../placement/settle-place.ts';
import { requireProject } from '../../projects/require-project.ts';
import { reserveQuota } from '../../quotas/commands/reserve-quota.ts';
import { columnsOfPlan, planLayeredRevision } from '../../revisions/plan-layered-revision.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import { seal } from '../../secrets/sealing.ts';
import type { SealingKey } from '../../secrets/sealing-key.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import { Instance } from '../instance.entity.ts';
import { InstanceCredential } from '../instance-credential.entity.ts';
import { resourcesOf, type ResourcesInput } from '../quantities.ts';

export interface CreateInstance {
  projectId: string;
  /** Left out: the platform chooses. */
  clusterId?: string | undefined;
  clusterLabels?: Record<string, string> | undefined;
  agentVersionId: string;
  name: string;
  labels: Record<string, string>;
  templateId?: string | null;
  /** Left out: the published one. */
  templateVersion?: number;
  variables?: Record<string, unknown>;
  /** Its own layer. */
  configuration: LayerDocument;
  resources: ResourcesInput;
  by: Requester;
}

/**
 * Books a new instance with its first revision, its quota and the operation that provisions it.
 * @throws Problem 'project.unknown', 'agent.version-unknown', 'agent.version-withdrawn', 'instance.name-taken',
 *   'quota.exceeded' and those of `settlePlace`, `chooseVersion` and `planLayeredRevision`
 */
export async function createInstance(
  tx: Transaction,
  key: SealingKey,
  order: CreateInstance,
): Promise<{ instance: Instance; operation: Operation }> {
  const project = await requireProject(tx, order.projectId);
  const tenant = await requireTenant(tx, project.tenantId);
  if (tenant.phase !== 'Active') throw new Problem('tenant.unknown', tenant.id);
  const version = await requireUsableVersion(tx, order.agentVersionId);
  const rules = rulesOf(version.kind);
  const place = { tenantId: tenant.id, projectId: project.id };
  const resources = resourcesOf(order.resources, rules.defaultResources);
  const { clusterId, clusterLabels } = order;
  const amounts = { ...resources, instances: 1 };
  const { cluster, placement, taken } = await settlePlace(tx, { ...place, version, amounts, clusterId, clusterLabels });
  const layers = new LayerReader(tx);
  const template = await chooseVersion(layers, place.tenantId, {
    present: null,
    templateId: order.templateId,
    templateVersion: order.templateVersion,
  });
  const wanted = { template, variables: order.variables ?? {}, overrides: order.configuration };
  const plan = await planLayeredRevision(tx, layers, rules, place, wanted, resources);

  const id = uuidv7();
  const instance = tx.em.create(Instance, {
    ...place,
    id,
    clusterId: cluster.id,
    name: order.name,
    labels: order.labels,
    agentKind: version.kind,
    power: 'on',
    revision: 1,
    templateId: plan.templateId,
    templateVersion: plan.templateVersion,
    generation: 0,
    phase: 'Provisioning',
    phaseSince: new Date(),
    createdAt: new Date(),
    createdBy: order.by.userId,
    placement,
  });
  await flushName(tx, order.name);
  tx.em.create(Revision, {
    tenantId: tenant.id,
    id: uuidv7(),
    instanceId: id,
    number: 1,
    agentVersionId: version.id,
    ...columnsOfPlan(plan),
    createdBy: order.by.userId,
  });
  await tx.em.insert(InstanceCredential, {
    tenantId: tenant.id,
    instanceId: id,
    sealed: seal(key, { kind: 'instance', tenantId: tenant.id, instanceId: id }, randomBytes(32).toString('base64url')),
  });
  await reserveQuota(tx, { tenantId: tenant.id, instanceId: id, ...amounts });
  const operation = await requestOperation(tx, {
    kind: 'instance.provision',
    tenant,
    instance,
    after: { clusterId: cluster.id, clusterName: cluster.name, placedBy: placement.by, clusterTaken: taken },
    by: order.by,
  });
  return { instance, operation };
}

async function requireUsableVersion(tx: Transaction, id: string): Promise<AgentVersion> {
  const version = await tx.em.findOne(AgentVersion, { id });
  if (!version) throw new Problem('agent.version-unknown', id);
  if (version.status === 'withdrawn')
    throw new Problem('agent.version-withdrawn', `${version.kind} ${version.version}`);
  return version;
}

async function flushName(tx: Transaction, name: string): Promise<void> {
  try {
    await tx.em.flush();
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw new Problem('instance.name-taken', name);
    throw error;
  }
}
