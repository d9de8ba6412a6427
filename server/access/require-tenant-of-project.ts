import { Problem } from '../../workflows/contracts/problem.ts';

/** A project is asked for together with its tenant. @throws Problem 'request.unfit' */
export function requireTenantOfProject({ tenantId, projectId }: { tenantId?: string; projectId?: string }): void {
  if (tenantId !== undefined || projectId === undefined) return;
  throw new Problem('request.unfit', undefined, {
    faults: [{ pointer: '/query/tenantId', detail: 'is needed to name a project of it' }],
  });
}
