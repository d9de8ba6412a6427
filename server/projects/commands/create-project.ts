import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Tenant } from '../../tenants/tenant.entity.ts';
import { Project } from '../project.entity.ts';

export interface CreateProject {
  tenant: Tenant;
  name: string;
  displayName?: string;
  by: Requester;
}

/** @throws Problem 'project.name-taken', 'tenant.busy' (it is being deleted) */
export async function createProject(
  tx: Transaction,
  { tenant, name, displayName, by }: CreateProject,
): Promise<Project> {
  if (tenant.phase !== 'Active') throw new Problem('tenant.busy', 'the tenant is being deleted');
  const project = tx.em.create(Project, {
    tenantId: tenant.id,
    id: uuidv7(),
    name,
    displayName: displayName ?? name,
    generation: 1,
    createdAt: new Date(),
    createdBy: by.userId,
  });
  await flushUnique(tx, 'project.name-taken', name);
  recordChange(tx, {
    noun: 'project',
    verb: 'create',
    object: { id: project.id, name, tenantId: tenant.id, projectId: project.id },
    by,
  });
  return project;
}
