import { AccessState } from '../access/access-state.entity.ts';
import { AgentVersion } from '../agents/agent-version.entity.ts';
import { AuditCheckpoint } from '../audit/audit-checkpoint.entity.ts';
import { AuditEntry } from '../audit/audit-entry.entity.ts';
import { AuditRepeat } from '../audit/audit-repeat.entity.ts';
import { AuditSeal } from '../audit/audit-seal.entity.ts';
import { Backup } from '../backups/backup.entity.ts';
import { ConfigTemplate } from '../configs/config-template.entity.ts';
import { ConfigVersion } from '../configs/config-version.entity.ts';
import { ConfigDefaults, PlatformDefaults } from '../configs/defaults.entity.ts';
import { Drift } from '../consistency/drift.entity.ts';
import { MaintenanceSchedule } from '../maintenance/maintenance-schedule.entity.ts';
import { RolloutDecision } from '../rollouts/rollout-decision.entity.ts';
import { RolloutTarget } from '../rollouts/rollout-target.entity.ts';
import { RolloutWave } from '../rollouts/rollout-wave.entity.ts';
import { CustomRole } from '../roles/role.entity.ts';
import { Rollout } from '../rollouts/rollout.entity.ts';
import { UsageCounter } from '../usage/usage-counter.entity.ts';
import { UsageHour } from '../usage/usage-hour.entity.ts';
import { UsageSample } from '../usage/usage-sample.entity.ts';
import { Cluster, ClusterCredential } from '../clusters/cluster.entity.ts';
import { Event } from '../events/event.entity.ts';
import { FailedAttempt } from '../limits/failed-attempt.entity.ts';
import { RateLimit } from '../limits/rate-limit.entity.ts';
import { IdempotencyKey } from '../http/idempotency-key.entity.ts';
import { RoleAssignment } from '../identity/role-assignment.entity.ts';
import { Session } from '../identity/session.entity.ts';
import { User } from '../identity/user.entity.ts';
import { InstanceCredential } from '../instances/instance-credential.entity.ts';
import { Instance } from '../instances/instance.entity.ts';
import { ObservedState } from '../instances/observed-state.entity.ts';
import { Invitation } from '../invitations/invitation.entity.ts';
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
  AccessState,
  AgentVersion,
  AuditCheckpoint,
  AuditEntry,
  AuditRepeat,
  AuditSeal,
  Backup,
  Cluster,
  ClusterCredential,
  ConfigDefaults,
  ConfigTemplate,
  ConfigVersion,
  ConfigurationCheck,
  CustomRole,
  Drift,
  Event,
  FailedAttempt,
  IdempotencyKey,
  Instance,
  InstanceCredential,
  Invitation,
  Lease,
  MaintenanceSchedule,
  ObservedState,
  Operation,
  OperationStep,
  PlatformDefaults,
  Project,
  Quota,
  QuotaReservation,
  RateLimit,
  Revision,
  RoleAssignment,
  Rollout,
  RolloutDecision,
  RolloutTarget,
  RolloutWave,
  Secret,
  SecretVersion,
  Session,
  Tenant,
  TenantSpace,
  UsageCounter,
  UsageHour,
  UsageSample,
  User,
];
