import type { Project, Tenant } from '../api/types.ts';

/** Where a secret is valid: in one project, or in all of a tenant. */
export interface SecretPlace {
  key: string;
  tenantId: string;
  projectId: string | null;
  tenantName: string;
  projectName: string | null;
  mayCreate: boolean;
}

export const placeKey = (tenantId: string, projectId: string | null): string => projectId ?? tenantId;

/** Projects first: a secret should be valid no wider than it must. */
export const places = (tenants: readonly Tenant[], projects: readonly Project[]): SecretPlace[] => [
  ...projects.map(({ id, tenantId, tenantName, displayName, permissions }) => ({
    key: placeKey(tenantId, id),
    tenantId,
    projectId: id,
    tenantName,
    projectName: displayName,
    mayCreate: permissions.includes('secret:create'),
  })),
  ...tenants.map(({ id, name, permissions }) => ({
    key: placeKey(id, null),
    tenantId: id,
    projectId: null,
    tenantName: name,
    projectName: null,
    mayCreate: permissions.includes('secret:create'),
  })),
];
