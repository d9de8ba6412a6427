import { v7 as uuidv7 } from 'uuid';
import { rulesOf } from '../../../activities/adapters/registry.ts';
import type { UnifiedConfiguration } from '../../../activities/adapters/configuration.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { refuseWhileBusy } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { planRevision } from '../../revisions/plan-revision.ts';
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
  configuration: UnifiedConfiguration;
  resources: ResourcesInput;
  by: Requester;
}

/**
 * Books the next revision of an instance. What renders to the same bytes with the same resources makes no operation.
 * @throws Problem 'instance.unknown', 'instance.deleted', 'request.stale', 'instance.busy', 'instance.storage-shrinks',
 *   'instance.state-conflict', 'quota.exceeded' and those of `planRevision`
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
  const plan = await planRevision(tx, rules, instance, order.configuration, resources);

  const relabelled = JSON.stringify(instance.labels) !== JSON.stringify(order.labels);
  instance.labels = order.labels;
  const isLive = instance.power === 'off' || instance.liveRevision === instance.revision;
  const same =
    isLive &&
    plan.configurationHash === present.configurationHash &&
    JSON.stringify(sorted(resources)) === JSON.stringify(sorted(present.resources));
  if (same) {
    if (relabelled) {
      instance.generation += 1;
      emitInstance(tx, instance);
      auditRelabelling(tx, instance, order.by);
    }
    return { instance, operation: null };
  }
  const number = (await highestNumber(tx, instance)) + 1;
  tx.em.create(Revision, {
    tenantId,
    id: uuidv7(),
    instanceId: order.id,
    number,
    agentVersionId: present.agentVersionId,
    configuration: plan.configuration,
    configurationHash: plan.configurationHash,
    resources,
    secretNames: plan.secretNames,
    createdBy: order.by.userId,
  });
  await tx.em.flush();
  const operation = await bookRevision(tx, { instance, number, kind: 'instance.update', by: order.by });
  return { instance, operation };
}

function auditRelabelling(tx: Transaction, instance: Instance, by: Requester): void {
  tx.audit({
    tenantId: instance.tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'instance.relabel',
    objectType: 'instance',
    objectId: instance.id,
    objectName: instance.name,
    outcome: 'succeeded',
    detail: { labels: instance.labels },
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
