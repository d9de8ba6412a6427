import type { Resources } from '../../activities/runtimes/runtime.ts';
import type { InstancePhase, Power } from '../../workflows/contracts/phases.ts';
import type { RecordedError } from '../operations/operation.entity.ts';

/** One instance with all that a page shows of it, in one statement. Times are as the driver gives them. */
export interface InstanceRow {
  id: string;
  tenantId: string;
  tenantName: string;
  projectId: string;
  projectName: string;
  clusterId: string;
  clusterName: string;
  clusterSeenAt: Date | string | null;
  name: string;
  labels: Record<string, string>;
  agentKind: string;
  agentVersionId: string;
  agentVersion: string;
  phase: InstancePhase;
  phaseSince: Date | string;
  power: Power;
  revision: number;
  liveRevision: number | null;
  generation: number;
  lastError: RecordedError | null;
  volume: 'none' | 'present' | 'purged';
  resources: Resources;
  createdAt: Date | string;
  /** Of who made it. */
  createdBy: string | null;
  deletedAt: Date | string | null;
  seen: boolean;
  exists: boolean;
  ready: boolean;
  current: boolean;
  terminating: boolean;
  restarts: number;
  reason: string | null;
  message: string | null;
  exitCode: number | null;
  startedAt: Date | string | null;
  lastSeenAt: Date | string | null;
  operationId: string | null;
  operationKind: string | null;
  operationPhase: string | null;
  templateId: string | null;
  templateName: string | null;
  templateVersion: number | null;
  rollbacks: number;
  drift: 'consistent' | 'drifted' | 'unknown' | null;
}

export const instanceColumns = `
  i.id, i.tenant_id as "tenantId", t.name as "tenantName", i.project_id as "projectId", p.name as "projectName",
  i.cluster_id as "clusterId", c.name as "clusterName", c.last_seen_at as "clusterSeenAt", i.name, i.labels,
  i.agent_kind as "agentKind", r.agent_version_id as "agentVersionId", v.version as "agentVersion", i.phase,
  i.phase_since as "phaseSince", i.power, i.revision, i.live_revision as "liveRevision", i.generation,
  i.last_error as "lastError", i.volume, r.resources, i.created_at as "createdAt",
  i.created_by as "createdBy", i.deleted_at as "deletedAt",
  s.instance_id is not null as seen, s.exists, s.ready, s.current, s.terminating, s.restarts, s.reason, s.message,
  s.exit_code as "exitCode", s.started_at as "startedAt", s.last_seen_at as "lastSeenAt",
  o.id as "operationId", o.kind as "operationKind", o.phase as "operationPhase",
  i.template_id as "templateId", ct.name as "templateName", i.template_version as "templateVersion", i.rollbacks,
  d.state as drift`;

/**
 * What belongs to a row, one row of each, joined to those that a page was narrowed down to. Each is looked up for
 * itself (`limit 1` keeps the planner from merging them): as plain joins, planning alone takes longer than the rest of
 * the request, and row-level security turns the lookups into scans of whole tables.
 */
export const instanceJoins = [
  `join lateral (select name from tenants where id = i.tenant_id limit 1) t on true`,
  `join lateral (select name from projects where tenant_id = i.tenant_id and id = i.project_id limit 1) p on true`,
  `join lateral (select name, last_seen_at from clusters where id = i.cluster_id limit 1) c on true`,
  `join lateral (select * from revisions
     where tenant_id = i.tenant_id and instance_id = i.id and number = i.revision limit 1) r on true`,
  `join lateral (select version from agent_versions where id = r.agent_version_id limit 1) v on true`,
  `left join lateral (select * from observed_states
     where tenant_id = i.tenant_id and instance_id = i.id limit 1) s on true`,
  `left join lateral (select id, kind, phase from operations
     where instance_id = i.id and phase in ('Accepted', 'Running', 'Compensating') limit 1) o on true`,
  `left join lateral (select name from config_templates
     where tenant_id = i.tenant_id and id = i.template_id limit 1) ct on true`,
  `left join lateral (select state from drifts where tenant_id = i.tenant_id and instance_id = i.id limit 1) d on true`,
].join('\n  ');
