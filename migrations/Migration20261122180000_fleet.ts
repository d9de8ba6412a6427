import { Migration } from '@mikro-orm/migrations';

/**
 * Config templates with layers, rollouts with waves and targets, copies of agent state, usage, consistency checks and
 * scheduled maintenance. Expand only: what was there keeps its meaning.
 */
export class Migration20261122180000_fleet extends Migration {
  override up(): void {
    this.addSql(configTables);
    this.addSql(instanceColumns);
    this.addSql(rolloutTables);
    this.addSql(stateTables);
    this.addSql(maintenanceTables);
    for (const table of tenantScoped) this.addSql(tenantPolicy(table));
    this.addSql(grants);
  }

  override down(): void {
    this.addSql('alter table operations drop column rollout_id');
    this.addSql('alter table instances drop column template_id, drop column template_version, drop column rollbacks');
    this.addSql(
      `alter table revisions drop column template_id, drop column template_version, drop column variables,
         drop column overrides, drop column provenance`,
    );
    this.addSql('alter table tenants drop column drift_policy');
    for (const table of [...allTables].reverse()) this.addSql(`drop table if exists ${table} cascade`);
  }
}

const tenantScoped = [
  'config_templates',
  'config_versions',
  'config_defaults',
  'rollouts',
  'rollout_waves',
  'rollout_targets',
  'rollout_decisions',
  'backups',
  'usage_samples',
  'usage_counters',
  'usage_hours',
  'drifts',
];

const allTables = ['platform_defaults', 'maintenance_schedules', ...tenantScoped];

const configTables = `
create table config_templates (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  project_id uuid,
  name text not null,
  description text not null default '',
  agent_kind text not null,
  latest_version int not null default 1,
  published_version int,
  retired_at timestamptz,
  generation int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid references users (id),
  primary key (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id),
  unique nulls not distinct (tenant_id, project_id, name)
);
create table config_versions (
  tenant_id uuid not null,
  template_id uuid not null,
  version int not null,
  status text not null default 'draft' check (status in ('draft', 'published', 'retired')),
  configuration jsonb not null,
  variables jsonb not null default '{}',
  locks text[] not null default '{}',
  reason text not null default '',
  created_at timestamptz not null default now(),
  created_by uuid references users (id),
  created_by_name text not null,
  published_at timestamptz,
  primary key (tenant_id, template_id, version),
  foreign key (tenant_id, template_id) references config_templates (tenant_id, id) on delete cascade
);
create table config_defaults (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  project_id uuid,
  agent_kind text not null,
  configuration jsonb not null default '{}',
  locks text[] not null default '{}',
  generation int not null default 1,
  updated_at timestamptz not null default now(),
  updated_by uuid references users (id),
  primary key (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade,
  unique nulls not distinct (tenant_id, project_id, agent_kind)
);
create table platform_defaults (
  agent_kind text primary key,
  configuration jsonb not null default '{}',
  locks text[] not null default '{}',
  generation int not null default 1,
  updated_at timestamptz not null default now(),
  updated_by uuid references users (id)
);
`;

const instanceColumns = `
alter table revisions
  add column template_id uuid,
  add column template_version int,
  add column variables jsonb not null default '{}',
  add column overrides jsonb,
  add column provenance jsonb,
  add foreign key (tenant_id, template_id) references config_templates (tenant_id, id),
  add foreign key (tenant_id, template_id, template_version)
    references config_versions (tenant_id, template_id, version);
alter table instances
  add column template_id uuid,
  add column template_version int,
  add column rollbacks int not null default 0,
  add foreign key (tenant_id, template_id) references config_templates (tenant_id, id);
create index instances_by_template on instances (template_id) where template_id is not null;
alter table tenants add column drift_policy text not null default 'report' check (drift_policy in ('report', 'repair'));
`;

const rolloutTables = `
create table rollouts (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  project_id uuid,
  name text not null,
  kind text not null,
  phase text not null,
  pause_reason text,
  pause_detail text,
  change jsonb not null,
  selection jsonb not null,
  strategy jsonb not null,
  current_wave int not null default 0,
  total_targets int not null,
  forced_waves int[] not null default '{}',
  tenant_name text not null,
  error jsonb,
  retry_of uuid,
  generation int not null default 1,
  requested_by uuid references users (id),
  requested_by_name text not null,
  request_id text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  deadline_at timestamptz,
  rollback_started_at timestamptz,
  discard_new_state boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id),
  foreign key (tenant_id, retry_of) references rollouts (tenant_id, id)
);
create index rollouts_by_age on rollouts (tenant_id, created_at desc, id desc);
create index rollouts_open on rollouts (id) where phase in ('Pending', 'Progressing', 'Paused', 'RollingBack');
create table rollout_waves (
  tenant_id uuid not null,
  rollout_id uuid not null,
  number int not null,
  phase text not null default 'Pending',
  targets int not null,
  concurrency int not null,
  bake_seconds int not null,
  analysis jsonb,
  started_at timestamptz,
  updated_at timestamptz,
  bake_until timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, rollout_id, number),
  foreign key (tenant_id, rollout_id) references rollouts (tenant_id, id) on delete cascade
);
create table rollout_targets (
  tenant_id uuid not null,
  rollout_id uuid not null,
  instance_id uuid not null,
  wave int not null,
  position int not null,
  phase text not null default 'Pending',
  from_revision int not null,
  to_revision int not null,
  operation_id uuid,
  rollback_operation_id uuid,
  attempts int not null default 0,
  restarts_before int,
  process_before text,
  error jsonb,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, rollout_id, instance_id),
  foreign key (tenant_id, rollout_id) references rollouts (tenant_id, id) on delete cascade,
  foreign key (tenant_id, instance_id) references instances (tenant_id, id),
  foreign key (tenant_id, operation_id) references operations (tenant_id, id),
  foreign key (tenant_id, rollback_operation_id) references operations (tenant_id, id)
);
create unique index rollout_targets_in_order on rollout_targets (tenant_id, rollout_id, position);
create index rollout_targets_by_phase on rollout_targets (rollout_id, phase, wave, position);
create index rollout_targets_by_instance on rollout_targets (instance_id, rollout_id);
create table rollout_decisions (
  tenant_id uuid not null,
  id uuid not null unique,
  rollout_id uuid not null,
  kind text not null,
  wave int,
  actor_id uuid,
  actor_name text not null,
  reason text,
  detail jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, rollout_id) references rollouts (tenant_id, id) on delete cascade
);
create index rollout_decisions_by_rollout on rollout_decisions (rollout_id, created_at);
alter table operations add column rollout_id uuid,
  add foreign key (tenant_id, rollout_id) references rollouts (tenant_id, id);
create index operations_by_rollout on operations (rollout_id) where rollout_id is not null;
`;

const stateTables = `
create table backups (
  tenant_id uuid not null,
  id uuid not null unique,
  instance_id uuid not null,
  reason text not null,
  phase text not null check (phase in ('Writing', 'Verified', 'Failed', 'Expired')),
  revision int not null,
  agent_version_id uuid not null references agent_versions (id),
  bucket text not null,
  object_key text not null,
  size_bytes bigint,
  sha256 text,
  work_mark text,
  operation_id uuid,
  error jsonb,
  created_at timestamptz not null default now(),
  verified_at timestamptz,
  expires_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id),
  foreign key (tenant_id, operation_id) references operations (tenant_id, id)
);
create index backups_by_instance on backups (instance_id, created_at desc);
create index backups_by_expiry on backups (expires_at) where expires_at is not null;
create table usage_samples (
  tenant_id uuid not null,
  instance_id uuid not null,
  at timestamptz not null,
  seconds int not null,
  calls_succeeded bigint not null default 0,
  calls_failed bigint not null default 0,
  runs bigint not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  cost_micros bigint not null default 0,
  primary key (tenant_id, instance_id, at),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id) on delete cascade
);
create index usage_samples_by_age on usage_samples (at);
create table usage_counters (
  tenant_id uuid not null,
  instance_id uuid not null,
  process_id text not null,
  since timestamptz not null,
  at timestamptz not null,
  calls_succeeded bigint not null default 0,
  calls_failed bigint not null default 0,
  runs bigint not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  cost_micros bigint not null default 0,
  primary key (tenant_id, instance_id),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id) on delete cascade
);
create table usage_hours (
  tenant_id uuid not null,
  instance_id uuid not null,
  at timestamptz not null,
  calls_succeeded bigint not null default 0,
  calls_failed bigint not null default 0,
  runs bigint not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  cost_micros bigint not null default 0,
  primary key (tenant_id, instance_id, at),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id) on delete cascade
);
create index usage_hours_by_age on usage_hours (at);
create table drifts (
  tenant_id uuid not null,
  instance_id uuid not null,
  state text not null check (state in ('consistent', 'drifted', 'unknown')),
  findings jsonb not null default '[]',
  revision int not null,
  checked_at timestamptz not null default now(),
  drifted_since timestamptz,
  operation_id uuid,
  primary key (tenant_id, instance_id),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id) on delete cascade
);
create index drifts_by_state on drifts (tenant_id, state) where state = 'drifted';
`;

const maintenanceTables = `
create table maintenance_schedules (
  name text primary key,
  every_seconds int not null check (every_seconds >= 10),
  paused boolean not null default false,
  generation int not null default 1,
  last_run_at timestamptz,
  last_result jsonb,
  updated_at timestamptz not null default now(),
  updated_by uuid references users (id)
);
insert into maintenance_schedules (name, every_seconds) values
  ('consistency', 900), ('retention', 3600), ('overdue-rollouts', 60);
`;

const tenantPolicy = (table: string): string => `
alter table ${table} enable row level security;
create policy tenant_isolation on ${table} to occ_app
  using (tenant_id = any ((select occ_tenants())::uuid[]))
  with check (tenant_id = any ((select occ_tenants())::uuid[]));
create policy platform_access on ${table} to occ_platform using (true) with check (true);
`;

const grants = `
grant select, insert, update, delete on ${tenantScoped.join(', ')} to occ_app;
grant select, insert, update, delete on ${allTables.join(', ')} to occ_platform;
grant select on platform_defaults, maintenance_schedules to occ_app;
`;
