import { Migration } from '@mikro-orm/migrations';

/** Why an instance is where it is, and how full clusters are. Expand only: of what was placed before, nobody knows. */
export class Migration20261128050000_placement extends Migration {
  override up(): void {
    this.addSql('alter table instances add column placement jsonb');
    this.addSql(loads);
    this.addSql('revoke all on function occ_cluster_loads() from public');
    this.addSql('grant execute on function occ_cluster_loads() to occ_app, occ_platform');
  }

  override down(): void {
    this.addSql('drop function occ_cluster_loads()');
    this.addSql('alter table instances drop column placement');
  }
}

/**
 * What the instances of all tenants hold on each cluster that the caller can see, as sums alone: whether there is room
 * is asked by whoever creates an instance, who does not see the others'.
 */
const loads = `
create function occ_cluster_loads() returns table (
  cluster_id uuid, cpu_millis numeric, memory_bytes numeric, storage_bytes numeric, instances bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select i.cluster_id, sum(q.cpu_millis), sum(q.memory_bytes), sum(q.storage_bytes), sum(q.instances)
  from quota_reservations q
  join instances i on i.tenant_id = q.tenant_id and i.id = q.instance_id
  join clusters c on c.id = i.cluster_id
  where current_setting('role') = 'occ_platform' or c.tenant_id is null or c.tenant_id = any (occ_tenants())
  group by i.cluster_id
$$`;
