import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Project } from './project.entity.ts';

/** A project that the transaction can see, in this tenant where one is named. @throws Problem 'project.unknown' */
export async function requireProject(tx: Transaction, id: string, tenantId?: string): Promise<Project> {
  const project = await tx.em.findOne(Project, { id, ...(tenantId && { tenantId }) });
  if (!project) throw new Problem('project.unknown', id);
  return project;
}
