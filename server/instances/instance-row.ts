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
}

export const instanceColumns = `
  i.id, i.tenant_id as "tenantId", t.name as "tenantName", i.project_id as "projectId", p.name as "projectName",
  i.cluster_id as "clusterId", c.name as "clusterName", c.last_seen_at as "clusterSeenAt", i.name, i.labels,
  i.agent_kind as "agentKind", r.agent_version_id as "agentVersionId", v.version as "agentVersion", i.phase,
  i.phase_since as "phaseSince", i.power, i.revision, i.live_revision as "liveRevision", i.generation,
  i.last_error as "lastError", i.volume, r.resources, i.created_at as "createdAt", i.deleted_at as "deletedAt",
  s.instance_id is not null as seen, s.exists, s.ready, s.current, s.terminating, s.restarts, s.reason, s.message,
  s.exit_code as "exitCode", s.started_at as "startedAt", s.last_seen_at as "lastSeenAt",
  o.id as "operationId", o.kind as "operationKind", o.phase as "operationPhase"`;

/** What belongs to a row, joined to the rows that a page was narrowed down to. */
export const instanceJoins = `
  join tenants t on t.id = i.tenant_id
  join projects p on p.tenant_id = i.tenant_id and p.id = i.project_id
  join clusters c on c.id = i.cluster_id
  join revisions r on r.tenant_id = i.tenant_id and r.instance_id = i.id and r.number = i.revision
  join agent_versions v on v.id = r.agent_version_id
  left join observed_states s on s.tenant_id = i.tenant_id and s.instance_id = i.id
  left join operations o on o.instance_id = i.id and o.phase in ('Accepted', 'Running', 'Compensating')`;
