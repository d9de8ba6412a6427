import { agentRoutes } from './agents/agent.routes.ts';
import { auditRoutes, type AuditDeps } from './audit/audit.routes.ts';
import { backupRoutes } from './backups/backup.routes.ts';
import { clusterRoutes } from './clusters/cluster.routes.ts';
import { configRoutes } from './configs/config.routes.ts';
import { defaultsRoutes } from './configs/defaults.routes.ts';
import { driftRoutes, type DriftDeps } from './consistency/drift.routes.ts';
import type { EventStreamDeps } from './events/event-stream.ts';
import { eventRoutes } from './events/event.routes.ts';
import { explainRoutes } from './explain/explain.routes.ts';
import { metaRoutes, type EchoModelDeps } from './http/meta.routes.ts';
import { openApiDocument, type OpenApiDocument } from './http/openapi.ts';
import type { AnyRoute } from './http/route.ts';
import { identityRoutes, type IdentityDeps } from './identity/identity.routes.ts';
import { instanceRoutes, type InstanceDeps } from './instances/instance.routes.ts';
import { invitationRoutes, type InvitationDeps } from './invitations/invitation.routes.ts';
import { maintenanceRoutes } from './maintenance/maintenance.routes.ts';
import { rollbackRoutes } from './instances/rollback.routes.ts';
import { memberRoutes, type MemberDeps } from './members/member.routes.ts';
import { operationRoutes } from './operations/operation.routes.ts';
import { revisionRoutes } from './revisions/revision.routes.ts';
import { roleRoutes } from './roles/role.routes.ts';
import { rolloutRoutes } from './rollouts/rollout.routes.ts';
import { projectRoutes } from './projects/project.routes.ts';
import { quotaRoutes } from './quotas/quota.routes.ts';
import { secretRoutes } from './secrets/secret.routes.ts';
import { tenantRoutes } from './tenants/tenant.routes.ts';
import { usageRoutes } from './usage/usage.routes.ts';
import { version } from './version.ts';

export type RouteDeps = IdentityDeps &
  MemberDeps &
  InvitationDeps &
  InstanceDeps &
  EventStreamDeps &
  DriftDeps &
  AuditDeps &
  EchoModelDeps;

/** All of the API. Nothing of `deps` is touched before a handler runs, so that it can be described without them. */
export function allRoutes(deps: RouteDeps): AnyRoute[] {
  let document: OpenApiDocument | undefined;
  const routes: AnyRoute[] = [
    ...identityRoutes(deps),
    ...tenantRoutes(deps),
    ...quotaRoutes(deps),
    ...projectRoutes(),
    ...memberRoutes(deps),
    ...invitationRoutes(deps),
    ...explainRoutes(deps),
    ...roleRoutes(deps),
    ...secretRoutes(deps),
    ...agentRoutes(),
    ...clusterRoutes(deps),
    ...configRoutes(),
    ...defaultsRoutes(),
    ...instanceRoutes(deps),
    ...rollbackRoutes(deps),
    ...revisionRoutes(),
    ...backupRoutes(),
    ...operationRoutes(deps),
    ...rolloutRoutes(deps),
    ...driftRoutes(deps),
    ...maintenanceRoutes(),
    ...usageRoutes(),
    ...eventRoutes(deps),
    ...auditRoutes(deps),
    ...metaRoutes({ version, deps, document: () => (document ??= openApiDocument(routes, version)) }),
  ];
  return routes;
}
