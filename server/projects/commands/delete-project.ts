import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import { ConfigTemplate } from '../../configs/config-template.entity.ts';
import { forgetInstances } from '../../instances/commands/forget-instances.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Secret } from '../../secrets/secret.entity.ts';
import { describeRemains, remainsOf } from '../../tenants/remains-of.ts';
import { Project } from '../project.entity.ts';

/**
 * Removes an empty project with its secrets, configuration templates and rollouts, and the records of what was deleted and purged in it; events and audit
 * entries stay. The full row lock keeps an instance from being created in it meanwhile.
 * @throws Problem 'project.unknown', 'project.not-empty', 'request.stale'
 */
export async function deleteProject(
  tx: Transaction,
  { id, expectedGeneration, by }: { id: string; expectedGeneration: number; by: Requester },
): Promise<void> {
  await tx.query('select id from projects where id = ? for update', [id]);
  const project = await tx.em.findOne(Project, { id }, { refresh: true });
  if (!project) throw new Problem('project.unknown', id);
  requireGeneration(project, expectedGeneration);
  const { tenantId, name } = project;
  const remains = await remainsOf(tx, { tenantId, projectId: id });
  if (remains.instances + remains.keptVolumes > 0) {
    throw new Problem('project.not-empty', describeRemains(remains), { extra: { ...remains } });
  }
  const secrets = await tx.em.find(Secret, { tenantId, projectId: id }, { fields: ['name'] });
  await forgetInstances(tx, { projectId: id });
  await forgetRollouts(tx, id);
  await tx.em.nativeDelete(ConfigTemplate, { tenantId, projectId: id });
  await tx.em.nativeDelete(Secret, { tenantId, projectId: id });
  await tx.em.nativeDelete(Project, { tenantId, id });
  recordChange(tx, {
    noun: 'project',
    verb: 'delete',
    object: { id, name, tenantId, projectId: id },
    by,
    detail: { secrets: secrets.map((secret) => secret.name) },
  });
}

async function forgetRollouts(tx: Transaction, projectId: string): Promise<void> {
  const forgotten = 'select id from rollouts where project_id = ?';
  await tx.query(`update rollouts set retry_of = null where retry_of in (${forgotten})`, [projectId]);
  await tx.query('delete from rollouts where project_id = ?', [projectId]);
}
