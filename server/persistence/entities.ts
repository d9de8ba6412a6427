import { AgentVersion } from '../agents/agent-version.entity.ts';
import { AuditEntry } from '../audit/audit-entry.entity.ts';
import { Cluster, ClusterCredential } from '../clusters/cluster.entity.ts';
import { Event } from '../events/event.entity.ts';
import { IdempotencyKey } from '../http/idempotency-key.entity.ts';
import { RoleAssignment } from '../identity/role-assignment.entity.ts';
import { Session } from '../identity/session.entity.ts';
import { User } from '../identity/user.entity.ts';
import { InstanceCredential } from '../instances/instance-credential.entity.ts';
import { Instance } from '../instances/instance.entity.ts';
import { ObservedState } from '../instances/observed-state.entity.ts';
import { Lease } from '../observer/lease.entity.ts';
import { OperationStep } from '../operations/operation-step.entity.ts';
import { Operation } from '../operations/operation.entity.ts';
import { Project } from '../projects/project.entity.ts';
import { Quota, QuotaReservation } from '../quotas/quota.entity.ts';
import { ConfigurationCheck } from '../revisions/configuration-check.entity.ts';
import { Revision } from '../revisions/revision.entity.ts';
import { Secret, SecretVersion } from '../secrets/secret.entity.ts';
import { Tenant } from '../tenants/tenant.entity.ts';
import { TenantSpace } from '../tenants/tenant-space.entity.ts';

export const entities = [
  AgentVersion,
  AuditEntry,
  Cluster,
  ClusterCredential,
  ConfigurationCheck,
  Event,
  IdempotencyKey,
  Instance,
  InstanceCredential,
  Lease,
  ObservedState,
  Operation,
  OperationStep,
  Project,
  Quota,
  QuotaReservation,
  Revision,
  RoleAssignment,
  Secret,
  SecretVersion,
  Session,
  Tenant,
  TenantSpace,
  User,
];
