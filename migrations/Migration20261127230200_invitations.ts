import { Migration } from '@mikro-orm/migrations';

/** Invitations into a tenant or project. Of class auth: their tokens are nobody's business but their holders'. */
export class Migration20261127230200_invitations extends Migration {
  override up(): void {
    this.addSql(invitations);
  }

  override down(): void {
    this.addSql('drop table invitations');
  }
}

const invitations = `
create table invitations (
  id uuid primary key,
  tenant_id uuid not null references tenants (id),
  project_id uuid,
  role text not null,
  custom_role_id uuid
    generated always as (case when role ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then role::uuid end) stored,
  note text not null default '',
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  created_by uuid not null references users (id) on delete cascade,
  expires_at timestamptz not null,
  foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade,
  foreign key (tenant_id, custom_role_id) references roles (tenant_id, id) on delete cascade
);
create index invitations_by_tenant on invitations (tenant_id, created_at desc);
grant select, insert, update, delete on invitations to occ_platform;
`;
