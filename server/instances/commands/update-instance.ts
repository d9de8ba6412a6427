import { v7 as uuidv7 } from 'uuid';
import { rulesOf } from '../../../activities/adapters/registry.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { chooseVersion } from '../../configs/choose-version.ts';
import type { LayerDocument } from '../../configs/config-version.entity.ts';
import { isSameJson } from '../../configs/json.ts';
import { LayerReader } from '../../configs/layer-reader.ts';
import { requireFit } from '../../agents/require-fit.ts';
import { requireUsableVersion } from '../../agents/require-usable-version.ts';
import { requireCluster } from '../../clusters/require-cluster.ts';
import { refuseWhileBusy } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { columnsOfPlan, planLayeredRevision, type LayeredPlan } from '../../revisions/plan-layered-revision.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import type { Instance } from '../instance.entity.ts';
import { resourcesOf, type ResourcesInput } from '../quantities.ts';
import { lockInstance } from '../require-instance.ts';
import { bookRevision } from './book-revision.ts';
import { emitInstance } from './refresh-phase.ts';

export interface UpdateInstance {
  id: string;
  expectedGeneration: number;
  labels: Record<string, string>;
  /** Left out: as it is. Another one is an upgrade, with a copy of the state before it. */
  agentVersionId?: string;
  /** Left out: as it is; null: none. */
  templateId?: string | null;
  templateVersion?: number;
  variables?: Record<string, unknown>;
  /** Its own layer. */
  configuration: LayerDocument;
  resources: ResourcesInput;
  by: Requester;
}

/**
 * Books the next revision of an instance. What renders to the same bytes with the same resources makes no operation.
 * @throws Problem 'instance.unknown', 'instance.deleted', 'request.stale', 'instance.busy', 'instance.storage-shrinks',
 *   'instance.state-conflict', 'quota.exceeded', 'agent.version-unknown', 'agent.version-withdrawn',
 *   'agent.version-unfit' and those of `chooseVersion` and `planLayeredRevision`
 */
export async function updateInstance(
  tx: Transaction,
  order: UpdateInstance,
): Promise<{ instance: Instance; operation: Operation | null }> {
  const instance = await lockInstance(tx, order.id);
  if (instance.deletedAt) throw new Problem('instance.deleted');
  // Before the generation: of two at once the later one's is stale because of the first one's operation.
  await refuseWhileBusy(tx, instance);
  requireGeneration(instance, order.expectedGeneration);
  const { tenantId } = instance;
  const present = await tx.em.findOneOrFail(Revision, { tenantId, instanceId: order.id, number: instance.revision });
  const rules = rulesOf(instance.agentKind);
  const resources = resourcesOf(order.resources, present.resources);
  if (resources.storageBytes < present.resources.storageBytes) throw new Problem('instance.storage-shrinks');
  const layers = new LayerReader(tx);
  const template = await chooseVersion(layers, tenantId, { ...order, present });
  // Those of another template mean nothing here.
  const kept = (template?.id ?? null) === (present.templateId ?? null) ? present.variables : {};
  const variables = order.variables ?? kept;
  const wanted = { template, variables, overrides: order.configuration };
  const plan = await planLayeredRevision(tx, layers, rules, instance, wanted, resources);

  const { labels } = instance;
  const relabelled = JSON.stringify(labels) !== JSON.stringify(order.labels);
  instance.labels = order.labels;
  const agentVersionId = order.agentVersionId ?? present.agentVersionId;
  const isUpgrade = agentVersionId !== present.agentVersionId;
  if (isUpgrade) {
    const version = await requireUsableVersion(tx, agentVersionId, instance.agentKind);
    requireFit(version, (await requireCluster(tx, instance.clusterId)).runtime);
  }
  const isLive = instance.power === 'off' || instance.liveRevision === instance.revision;
  const same =
    isLive &&
    !isUpgrade &&
    plan.configurationHash === present.configurationHash &&
    JSON.stringify(sorted(resources)) === JSON.stringify(sorted(present.resources));
  if (same) {
    const rewritten = rewrite(instance, present, plan);
    // A person has looked at it: rollouts may come again.
    const released = instance.rollbacks > 0;
    instance.rollbacks = 0;
    if (relabelled || rewritten || released) {
      instance.generation += 1;
      emitInstance(tx, instance);
      if (relabelled) audit(tx, instance, 'instance.relabel', {}, order.by, [{ labels }, { labels: instance.labels }]);
      if (rewritten) audit(tx, instance, 'instance.rebind', rewritten, order.by);
    }
    if (!relabelled && !rewritten) audit(tx, instance, 'instance.update', { unchanged: true, released }, order.by);
    return { instance, operation: null };
  }
  const number = (await highestNumber(tx, instance)) + 1;
  tx.em.create(Revision, {
    tenantId,
    id: uuidv7(),
    instanceId: order.id,
    number,
    agentVersionId,
    ...columnsOfPlan(plan),
    createdBy: order.by.userId,
  });
  await tx.em.flush();
  const kind = isUpgrade ? 'instance.upgrade' : 'instance.update';
  const operation = await bookRevision(tx, { instance, number, kind, by: order.by });
  return { instance, operation };
}

/**
 * What a revision renders to is for ever; which layers it comes from may be told anew where they render to the same.
 * @returns what is new, or null
 */
function rewrite(instance: Instance, present: Revision, plan: LayeredPlan): Record<string, unknown> | null {
  const { templateId, templateVersion, variables, overrides, provenance } = plan;
  const before = {
    templateId: present.templateId ?? null,
    templateVersion: present.templateVersion ?? null,
    variables: present.variables,
    overrides: present.overrides,
  };
  if (isSameJson(before, { templateId, templateVersion, variables, overrides })) return null;
  Object.assign(present, { templateId, templateVersion, variables, overrides, provenance });
  Object.assign(instance, { templateId, templateVersion });
  return { templateId, templateVersion };
}

function audit(
  tx: Transaction,
  instance: Instance,
  action: string,
  detail: Record<string, unknown>,
  by: Requester,
  [before, after]: [before?: Record<string, unknown>, after?: Record<string, unknown>] = [],
): void {
  tx.audit({
    tenantId: instance.tenantId,
    actorId: by.userId,
    actorName: by.name,
    action,
    objectType: 'instance',
    objectId: instance.id,
    objectName: instance.name,
    outcome: 'succeeded',
    detail,
    before: before ?? null,
    after: after ?? null,
    requestId: by.requestId,
  });
}

const sorted = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

async function highestNumber(tx: Transaction, { tenantId, id }: Instance): Promise<number> {
  const [row] = await tx.query<{ highest: number }>(
    'select max(number) as highest from revisions where tenant_id = ? and instance_id = ?',
    [tenantId, id],
  );
  return row?.highest ?? 0;
}
