import { Migration } from '@mikro-orm/migrations';

/**
 * Clusters of further runtimes: one that does not isolate belongs to one tenant, and what belongs to another tenant is
 * not seen. Labels to choose by, and cordons. Expand only: every cluster that there is belongs to nobody alone.
 */
export class Migration20261128040000_places extends Migration {
  override up(): void {
    this.addSql(`alter table clusters
      add column tenant_id uuid references tenants (id),
      add column labels jsonb not null default '{}',
      add column cordoned_at timestamptz`);
    this.addSql(`alter table clusters enable row level security`);
    this.addSql(`create policy shared_or_own on clusters to occ_app
      using (tenant_id is null or tenant_id = any ((select occ_tenants())::uuid[]))`);
    this.addSql(`create policy platform_access on clusters to occ_platform using (true) with check (true)`);
    this.addSql(`alter table tenants add column allowed_clusters uuid[]`);
    this.addSql(settleOn);
    this.addSql(`revoke all on function occ_settle_on(uuid, uuid, boolean) from public`);
    this.addSql(`grant execute on function occ_settle_on(uuid, uuid, boolean) to occ_app, occ_platform`);
  }

  override down(): void {
    this.addSql('drop function occ_settle_on(uuid, uuid, boolean)');
    this.addSql('drop policy shared_or_own on clusters');
    this.addSql('drop policy platform_access on clusters');
    this.addSql('alter table clusters disable row level security');
    this.addSql('alter table tenants drop column allowed_clusters');
    this.addSql('alter table clusters drop column tenant_id, drop column labels, drop column cordoned_at');
  }
}

/**
 * Whether a tenant may have an instance on a cluster, held until the end of the transaction: who gives the cluster to
 * another tenant, or removes it, waits. `takes`: where it belongs to nobody, it is this tenant's from now on; of two at
 * once the second waits, and finds it taken. The app may read clusters only, so that it is asked here, for a tenant of
 * the caller's context alone.
 */
const settleOn = `
create function occ_settle_on(chosen uuid, settler uuid, takes boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  belongs_to uuid;
begin
  if current_setting('role') <> 'occ_platform' and not coalesce(settler = any (occ_tenants()), false) then
    return false;
  end if;
  if takes then
    update clusters set tenant_id = settler, generation = generation + 1 where id = chosen and tenant_id is null;
  end if;
  select tenant_id into belongs_to from clusters where id = chosen for key share;
  return found and (belongs_to is null and not takes or belongs_to = settler);
end $$`;
