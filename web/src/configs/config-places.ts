import type { Project, Tenant } from '../api/types.ts';

/** Where a template is for: one project, or all of a tenant. */
export interface ConfigPlace {
  key: string;
  tenantId: string;
  projectId: string | null;
  tenantName: string;
  projectName: string | null;
}

/** The places in which the person may make one; a whole tenant first, because templates are for many. */
export const configPlaces = (tenants: readonly Tenant[], projects: readonly Project[]): ConfigPlace[] => [
  ...tenants
    .filter(({ permissions }) => permissions.includes('config:create'))
    .map(({ id, name }) => ({ key: id, tenantId: id, projectId: null, tenantName: name, projectName: null })),
  ...projects
    .filter(({ permissions }) => permissions.includes('config:create'))
    .map(({ id, tenantId, tenantName, displayName }) => ({
      key: id,
      tenantId,
      projectId: id,
      tenantName,
      projectName: displayName,
    })),
];
