import { Migration } from '@mikro-orm/migrations';

/** The roles of one who asked for something earlier, read in the transaction that does the next part of it. */
export class Migration20261127180000_holder extends Migration {
  override up(): void {
    this.addSql(holder);
  }

  override down(): void {
    this.addSql('drop function if exists occ_holder(uuid)');
  }
}

/** As `occ_authenticate`: who somebody is now, without giving `occ_app` the auth tables. */
const holder = `
create function occ_holder(by_id uuid)
returns table (name text, disabled boolean, assignments jsonb)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
  return query select u.name, u.disabled,
    coalesce((select jsonb_agg(jsonb_build_object('role', a.role, 'tenantId', a.tenant_id, 'projectId', a.project_id))
      from role_assignments a where a.user_id = u.id), '[]')
  from users u where u.id = by_id;
end $$;
revoke all on function occ_holder(uuid) from public;
grant execute on function occ_holder(uuid) to occ_app, occ_platform;
`;
