import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Project } from '../project.entity.ts';

export interface ChangeProject {
  id: string;
  expectedGeneration: number;
  name: string;
  displayName: string;
  by: Requester;
}

/** @throws Problem 'project.unknown', 'project.name-taken', 'request.stale' */
export async function changeProject(tx: Transaction, change: ChangeProject): Promise<Project> {
  const project = await lockRow(tx, Project, 'projects', change.id);
  if (!project) throw new Problem('project.unknown', change.id);
  requireGeneration(project, change.expectedGeneration);

  const before = { name: project.name, displayName: project.displayName };
  project.name = change.name;
  project.displayName = change.displayName;
  project.generation += 1;
  await flushUnique(tx, 'project.name-taken', change.name);
  recordChange(tx, {
    noun: 'project',
    verb: 'update',
    object: { id: project.id, name: project.name, tenantId: project.tenantId, projectId: project.id },
    by: change.by,
    before,
    after: { name: project.name, displayName: project.displayName },
  });
  return project;
}
