import { Migration } from '@mikro-orm/migrations';

/**
 * Tenant tables carry `tenant_id`, composite foreign keys and one policy: a row is visible where its tenant is among
 * those of the transaction's context (`occ.tenants`). `occ_app` has no way round it; `occ_platform` sees all tenants
 * and is entered by `set local role` for the cross-tenant work of observer, worker and platform administrators.
 * Tables without a tenant are of class platform or auth; `occ_app` gets at those only what the grants below say.
 */
export class Migration20261122120000_foundation extends Migration {
  override up(): void {
    this.addSql(contextFunctions);
    this.addSql(authTables);
    this.addSql(platformTables);
    this.addSql(tenantTables);
    this.addSql(instanceTables);
    this.addSql(operationTables);
    this.addSql(recordTables);
    this.addSql(eventOrder);
    this.addSql(authenticate);
    for (const table of tenantScoped) this.addSql(tenantPolicy(table, 'tenant_id'));
    this.addSql(tenantPolicy('tenants', 'id'));
    this.addSql(idempotencyPolicy);
    this.addSql(grants);
  }

  override down(): void {
    for (const table of [...allTables].reverse()) this.addSql(`drop table if exists ${table} cascade`);
    this.addSql('drop function if exists occ_authenticate(bytea, uuid)');
    this.addSql('drop function if exists occ_lock_event_order() cascade');
    this.addSql('drop function if exists occ_notify_events() cascade');
    this.addSql('drop function if exists occ_tenants()');
    this.addSql('drop function if exists occ_user()');
  }
}

const tenantScoped = [
  'quotas',
  'tenant_spaces',
  'projects',
  'secrets',
  'secret_versions',
  'instances',
  'instance_credentials',
  'revisions',
  'observed_states',
  'quota_reservations',
  'configuration_checks',
  'operations',
  'operation_steps',
  'audit_entries',
  'events',
];

const allTables = [
  'users',
  'sessions',
  'role_assignments',
  'idempotency_keys',
  'agent_versions',
  'clusters',
  'cluster_credentials',
  'leases',
  'tenants',
  ...tenantScoped,
];

const contextFunctions = `
create function occ_tenants() returns uuid[] language sql stable parallel safe as
  $$ select string_to_array(nullif(current_setting('occ.tenants', true), ''), ',')::uuid[] $$;
create function occ_user() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('occ.user', true), '')::uuid $$;
`;

const authTables = `
create table users (
  id uuid primary key,
  name text not null unique,
  display_name text not null,
  password_hash text,
  disabled boolean not null default false,
  generation int not null default 1,
  created_at timestamptz not null default now()
);
create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  kind text not null check (kind in ('portal', 'api')),
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index sessions_by_user on sessions (user_id);
create table idempotency_keys (
  user_id uuid not null references users (id) on delete cascade,
  key text not null,
  request_hash text not null,
  status int,
  headers jsonb,
  body jsonb,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (user_id, key)
);
create index idempotency_keys_by_expiry on idempotency_keys (expires_at);
`;

const platformTables = `
create table agent_versions (
  id uuid primary key,
  kind text not null,
  version text not null,
  image text not null,
  image_digest text,
  status text not null default 'allowed' check (status in ('allowed', 'deprecated', 'withdrawn')),
  generation int not null default 1,
  created_at timestamptz not null default now(),
  created_by uuid references users (id),
  unique (kind, version)
);
create table clusters (
  id uuid primary key,
  name text not null unique,
  runtime text not null,
  phase text not null check (phase in ('Preparing', 'Ready', 'Unreachable')),
  preparation jsonb,
  settings jsonb not null default '{}',
  version text,
  message text,
  last_seen_at timestamptz,
  generation int not null default 1,
  created_at timestamptz not null default now(),
  created_by uuid references users (id)
);
create table cluster_credentials (
  cluster_id uuid primary key references clusters (id) on delete cascade,
  sealed bytea not null,
  updated_at timestamptz not null default now()
);
create table leases (
  name text primary key,
  holder text not null,
  epoch bigint not null,
  expires_at timestamptz not null
);
`;

const tenantTables = `
create table tenants (
  id uuid primary key,
  name text not null,
  display_name text not null,
  phase text not null default 'Active' check (phase in ('Active', 'Deleting', 'Deleted')),
  generation int not null default 1,
  created_at timestamptz not null default now(),
  created_by uuid references users (id)
);
create unique index tenants_by_name on tenants (name) where phase <> 'Deleted';
create table tenant_spaces (
  tenant_id uuid not null references tenants (id),
  cluster_id uuid not null references clusters (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (tenant_id, cluster_id)
);
create table quotas (
  tenant_id uuid primary key references tenants (id),
  cpu_millis bigint not null,
  memory_bytes bigint not null,
  storage_bytes bigint not null,
  instances int not null,
  generation int not null default 1,
  updated_at timestamptz not null default now()
);
create table projects (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  name text not null,
  display_name text not null,
  generation int not null default 1,
  created_at timestamptz not null default now(),
  created_by uuid references users (id),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
create table role_assignments (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  role text not null,
  tenant_id uuid references tenants (id),
  project_id uuid,
  created_at timestamptz not null default now(),
  created_by uuid references users (id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade,
  check (project_id is null or tenant_id is not null),
  unique nulls not distinct (user_id, role, tenant_id, project_id)
);
create table secrets (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  project_id uuid,
  name text not null,
  description text not null default '',
  version int not null default 1,
  generation int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid references users (id),
  primary key (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id),
  unique nulls not distinct (tenant_id, project_id, name)
);
create table secret_versions (
  tenant_id uuid not null,
  secret_id uuid not null,
  version int not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  created_by uuid references users (id),
  primary key (tenant_id, secret_id, version),
  foreign key (tenant_id, secret_id) references secrets (tenant_id, id) on delete cascade
);
`;

const instanceTables = `
create table instances (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  project_id uuid not null,
  cluster_id uuid not null references clusters (id),
  name text not null,
  labels jsonb not null default '{}',
  agent_kind text not null,
  power text not null check (power in ('on', 'off')),
  revision int not null,
  live_revision int,
  generation int not null default 1,
  phase text not null,
  phase_since timestamptz not null default now(),
  last_error jsonb,
  volume text not null default 'none' check (volume in ('none', 'present', 'purged')),
  created_at timestamptz not null default now(),
  created_by uuid references users (id),
  deleted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id)
);
create unique index instances_by_name on instances (tenant_id, project_id, name) where phase <> 'Deleted';
create index instances_by_age on instances (tenant_id, created_at desc, id desc);
create index instances_by_age_everywhere on instances (created_at desc, id desc);
create index instances_by_cluster on instances (cluster_id);
create index instances_by_labels on instances using gin (labels jsonb_path_ops);
create table instance_credentials (
  tenant_id uuid not null,
  instance_id uuid not null,
  sealed bytea not null,
  primary key (tenant_id, instance_id),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id) on delete cascade
);
create table revisions (
  tenant_id uuid not null,
  id uuid not null unique,
  instance_id uuid not null,
  number int not null,
  agent_version_id uuid not null references agent_versions (id),
  configuration jsonb not null,
  configuration_hash text not null,
  resources jsonb not null,
  secret_names text[] not null default '{}',
  created_at timestamptz not null default now(),
  created_by uuid references users (id),
  primary key (tenant_id, id),
  unique (tenant_id, instance_id, number),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id)
);
create index revisions_by_secret on revisions using gin (secret_names);
create table observed_states (
  tenant_id uuid not null,
  instance_id uuid not null,
  cluster_id uuid not null references clusters (id),
  epoch bigint not null,
  exists boolean not null,
  ready boolean not null,
  current boolean not null,
  terminating boolean not null,
  process_present boolean not null,
  process_id text,
  restarts int not null default 0,
  reason text,
  message text,
  exit_code int,
  generation int not null default 0,
  revision int,
  configuration_hash text,
  volume_present boolean not null default false,
  started_at timestamptz,
  last_seen_at timestamptz not null,
  primary key (tenant_id, instance_id),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id) on delete cascade
);
create table quota_reservations (
  tenant_id uuid not null references tenants (id),
  instance_id uuid not null,
  cpu_millis bigint not null,
  memory_bytes bigint not null,
  storage_bytes bigint not null,
  instances int not null,
  primary key (tenant_id, instance_id),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id) on delete cascade
);
create table configuration_checks (
  tenant_id uuid not null references tenants (id),
  agent_version_id uuid not null references agent_versions (id),
  configuration_hash text not null,
  faults jsonb not null,
  checked_at timestamptz not null default now(),
  primary key (tenant_id, agent_version_id, configuration_hash)
);
`;

const operationTables = `
create table operations (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  project_id uuid,
  instance_id uuid,
  kind text not null,
  phase text not null,
  generation int not null,
  tenant_name text not null,
  subject_name text not null,
  input jsonb not null default '{}',
  revision int,
  previous_revision int,
  error jsonb,
  retry_of uuid,
  superseded_by uuid,
  requested_by uuid references users (id),
  requested_by_name text not null,
  request_id text,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, instance_id) references instances (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id),
  foreign key (tenant_id, retry_of) references operations (tenant_id, id),
  foreign key (tenant_id, superseded_by) references operations (tenant_id, id) deferrable initially deferred
);
create unique index operations_one_active on operations (tenant_id, coalesce(instance_id, tenant_id))
  where phase in ('Accepted', 'Running', 'Compensating');
create index operations_by_age on operations (tenant_id, created_at desc, id desc);
create index operations_by_age_everywhere on operations (created_at desc, id desc);
create index operations_by_instance on operations (instance_id, created_at desc);
create index operations_active_by_instance on operations (instance_id)
  where phase in ('Accepted', 'Running', 'Compensating');
create index operations_open on operations (id) where phase in ('Accepted', 'Running', 'Compensating');
create table operation_steps (
  tenant_id uuid not null,
  operation_id uuid not null,
  name text not null,
  position int not null,
  state text not null,
  attempt int not null default 1,
  error jsonb,
  started_at timestamptz not null default now(),
  counted_from timestamptz not null default now(),
  ended_at timestamptz,
  next_attempt_at timestamptz,
  primary key (tenant_id, operation_id, name),
  foreign key (tenant_id, operation_id) references operations (tenant_id, id) on delete cascade
);
create index operation_steps_by_end on operation_steps (ended_at);
`;

const recordTables = `
create table audit_entries (
  id uuid primary key,
  tenant_id uuid references tenants (id),
  actor_id uuid,
  actor_name text not null,
  action text not null,
  object_type text not null,
  object_id uuid,
  object_name text,
  outcome text not null check (outcome in ('accepted', 'succeeded', 'denied', 'failed')),
  detail jsonb not null default '{}',
  request_id text,
  operation_id uuid,
  created_at timestamptz not null default now()
);
create index audit_entries_by_age on audit_entries (tenant_id, created_at desc);
create table events (
  sequence bigint generated always as identity primary key,
  id uuid not null unique,
  tenant_id uuid references tenants (id),
  project_id uuid,
  instance_id uuid,
  operation_id uuid,
  type text not null,
  actor_name text,
  data jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index events_by_instance on events (instance_id, sequence desc) where instance_id is not null;
create index events_by_tenant on events (tenant_id, sequence desc);
create index events_by_age on events (created_at);
`;

/** The lock is taken before the sequence is drawn and held until commit: sequence order is commit order. */
const eventOrder = `
create function occ_lock_event_order() returns trigger language plpgsql as
  $$ begin perform pg_advisory_xact_lock(7206301); return null; end $$;
create function occ_notify_events() returns trigger language plpgsql as
  $$ begin perform pg_notify('occ_events', ''); return null; end $$;
create trigger events_lock_order before insert on events for each statement execute function occ_lock_event_order();
create trigger events_notify after insert on events for each statement execute function occ_notify_events();
`;

/**
 * One statement turns a session's secret or id into who the caller is, without giving \`occ_app\` the auth tables.
 * In PL/pgSQL, which keeps its plan: every request begins with this one.
 */
const authenticate = `
create function occ_authenticate(by_hash bytea, by_id uuid)
returns table (session_id uuid, kind text, user_id uuid, name text, display_name text, assignments jsonb)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
  return query select s.id, s.kind, u.id, u.name, u.display_name,
    coalesce((select jsonb_agg(jsonb_build_object('role', a.role, 'tenantId', a.tenant_id, 'projectId', a.project_id))
      from role_assignments a where a.user_id = u.id), '[]')
  from sessions s join users u on u.id = s.user_id
  where (s.token_hash = by_hash or s.id = by_id) and s.revoked_at is null and s.expires_at > now() and not u.disabled;
end $$;
revoke all on function occ_authenticate(bytea, uuid) from public;
`;

const tenantPolicy = (table: string, column: string): string => `
alter table ${table} enable row level security;
create policy tenant_isolation on ${table} to occ_app
  using (${column} = any ((select occ_tenants())::uuid[]))
  with check (${column} = any ((select occ_tenants())::uuid[]));
create policy platform_access on ${table} to occ_platform using (true) with check (true);
`;

const idempotencyPolicy = `
alter table idempotency_keys enable row level security;
create policy own_keys on idempotency_keys to occ_app using (user_id = (select occ_user())) with check (user_id = (select occ_user()));
create policy platform_access on idempotency_keys to occ_platform using (true) with check (true);
`;

/** Write-only secrets: \`occ_app\` can store a sealed value and never read one back. */
const grants = `
grant usage on schema public to occ_app, occ_platform;
grant select, insert, update, delete on all tables in schema public to occ_platform;
grant usage on all sequences in schema public to occ_app, occ_platform;
grant execute on function occ_authenticate(bytea, uuid) to occ_app, occ_platform;
grant select, insert, update, delete on
  tenants, tenant_spaces, quotas, projects, secrets, instances, revisions, observed_states, quota_reservations,
  configuration_checks, operations, operation_steps, idempotency_keys to occ_app;
grant select, insert on audit_entries, events to occ_app;
grant insert on secret_versions, instance_credentials to occ_app;
grant select (tenant_id, secret_id, version, created_at, created_by) on secret_versions to occ_app;
grant select on agent_versions, clusters to occ_app;
`;
