import { Migration } from '@mikro-orm/migrations';

/**
 * Roles that a tenant composes itself. `role_assignments.role` names a built-in role or holds the id of one of these; the
 * generated column is what makes the database keep a role for as long as somebody holds it.
 */
export class Migration20261127230000_roles extends Migration {
  override up(): void {
    this.addSql(roles);
    this.addSql(assignments);
    const definition = [`, 'roleGeneration', r.generation`, 'left join roles r on r.id = a.custom_role_id'] as const;
    this.addSql(authenticate(...definition));
    this.addSql(holder(...definition));
  }

  override down(): void {
    this.addSql(authenticate('', ''));
    this.addSql(holder('', ''));
    this.addSql('delete from role_assignments where custom_role_id is not null');
    this.addSql('drop index role_assignments_by_place');
    this.addSql('alter table role_assignments drop column custom_role_id, drop column generation');
    this.addSql('drop table roles');
  }
}

const roles = `
create table roles (
  tenant_id uuid not null references tenants (id),
  id uuid not null unique,
  name text not null,
  description text not null default '',
  permissions text[] not null,
  generation int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid references users (id),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
alter table roles enable row level security;
create policy tenant_isolation on roles to occ_app
  using (tenant_id = any ((select occ_tenants())::uuid[]))
  with check (tenant_id = any ((select occ_tenants())::uuid[]));
create policy platform_access on roles to occ_platform using (true) with check (true);
grant select, insert, update, delete on roles to occ_app, occ_platform;
`;

const assignments = `
alter table role_assignments
  add column generation int not null default 1,
  add column custom_role_id uuid
    generated always as (case when role ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then role::uuid end) stored,
  add foreign key (tenant_id, custom_role_id) references roles (tenant_id, id),
  add check (custom_role_id is null or tenant_id is not null);
create index role_assignments_by_place on role_assignments (tenant_id, project_id);
`;

/** With the generation of a tenant's own role, so that no process decides by a definition that is older than that. */
const authenticate = (column: string, join: string): string => `
create or replace function occ_authenticate(by_hash bytea, by_id uuid)
returns table (session_id uuid, kind text, user_id uuid, name text, display_name text, assignments jsonb)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
  return query select s.id, s.kind, u.id, u.name, u.display_name,
    coalesce((select jsonb_agg(jsonb_build_object(
        'role', a.role, 'tenantId', a.tenant_id, 'projectId', a.project_id${column}))
      from role_assignments a ${join} where a.user_id = u.id), '[]')
  from sessions s join users u on u.id = s.user_id
  where (s.token_hash = by_hash or s.id = by_id) and s.revoked_at is null and s.expires_at > now() and not u.disabled;
end $$;
`;

/** The same of somebody who asked for something earlier. */
const holder = (column: string, join: string): string => `
create or replace function occ_holder(by_id uuid)
returns table (name text, disabled boolean, assignments jsonb)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
  return query select u.name, u.disabled,
    coalesce((select jsonb_agg(jsonb_build_object(
        'role', a.role, 'tenantId', a.tenant_id, 'projectId', a.project_id${column}))
      from role_assignments a ${join} where a.user_id = u.id), '[]')
  from users u where u.id = by_id;
end $$;
`;
