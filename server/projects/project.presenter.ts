import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import type { Permission } from '../access/permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { Project } from './project.entity.ts';
import type { ProjectAnswer } from './project.schema.ts';

const onProject = [
  'project:update',
  'project:delete',
  'secret:create',
  'config:create',
  'instance:create',
  'rollout:create',
] as const satisfies Permission[];

export type ProjectRow = Pick<Project, 'id' | 'tenantId' | 'name' | 'displayName' | 'generation'> & {
  createdAt: Date | string;
};

export const presentProject = (project: ProjectRow, tenantName: string, caller: Caller): ProjectAnswer => ({
  id: project.id,
  tenantId: project.tenantId,
  tenantName,
  name: project.name,
  displayName: project.displayName,
  generation: project.generation,
  createdAt: timeOf(project.createdAt),
  permissions: loadPermissions(caller, { tenantId: project.tenantId, projectId: project.id }, onProject),
});
