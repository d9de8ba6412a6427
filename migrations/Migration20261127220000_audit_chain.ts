import { Migration } from '@mikro-orm/migrations';

/**
 * Audit entries in commit order, sealed into a chain for each tenant and one for the platform, with signed checkpoints.
 * Nothing of it can be changed or removed by the roles of the product's processes: a proven prefix goes by
 * `occ_forget_audit` alone, which looks itself whether it may.
 */
export class Migration20261127220000_audit_chain extends Migration {
  override up(): void {
    this.addSql(entryColumns);
    this.addSql(chainTables);
    for (const table of ['audit_seals', 'audit_checkpoints']) this.addSql(tenantPolicy(table));
    this.addSql(forget);
    this.addSql(grants);
    this.addSql(schedules);
  }

  override down(): void {
    this.addSql(`delete from maintenance_schedules where name = 'audit-checkpoints'`);
    this.addSql('drop function occ_forget_audit(uuid, bigint, int)');
    for (const table of ['audit_repeats', 'audit_checkpoints', 'audit_seals']) this.addSql(`drop table ${table}`);
    this.addSql('drop trigger audit_entries_lock_order on audit_entries');
    this.addSql('grant update, delete on audit_entries to occ_platform');
    this.addSql('drop index audit_entries_by_actor, audit_entries_by_object, audit_entries_by_request');
    this.addSql(
      `alter table audit_entries drop column sequence, drop column on_behalf_of_id, drop column on_behalf_of_name,
         drop column before, drop column after`,
    );
  }
}

/** Drawn under the lock that orders events, and held until commit: a reader that has seen n misses nothing below n. */
const entryColumns = `
alter table audit_entries add column sequence bigint, add column on_behalf_of_id uuid,
  add column on_behalf_of_name text, add column before jsonb, add column after jsonb;
update audit_entries e set sequence = numbered.number
  from (select id, row_number() over (order by created_at, id) as number from audit_entries) numbered
  where numbered.id = e.id;
alter table audit_entries alter column sequence set not null;
alter table audit_entries alter column sequence add generated always as identity;
select setval(pg_get_serial_sequence('audit_entries', 'sequence'),
  coalesce((select max(sequence) from audit_entries), 0) + 1, false);
create unique index audit_entries_by_sequence on audit_entries (sequence);
create index audit_entries_by_tenant on audit_entries (tenant_id, sequence desc);
create index audit_entries_by_actor on audit_entries (actor_id, sequence desc);
create index audit_entries_by_principal on audit_entries (on_behalf_of_id, sequence desc) where on_behalf_of_id is not null;
create index audit_entries_by_object on audit_entries (object_id, sequence desc) where object_id is not null;
create index audit_entries_by_request on audit_entries (request_id) where request_id is not null;
create trigger audit_entries_lock_order before insert on audit_entries
  for each statement execute function occ_lock_event_order();
`;

/** A seal names its entry without a foreign key: what is removed past the platform has to be found, not prevented. */
const chainTables = `
create table audit_seals (
  sequence bigint primary key,
  tenant_id uuid references tenants (id),
  number bigint not null check (number > 0),
  entry_id uuid not null unique,
  previous_hash text,
  hash text not null,
  sealed_at timestamptz not null default now(),
  unique nulls not distinct (tenant_id, number)
);
create index audit_seals_by_hash on audit_seals (hash);
create table audit_checkpoints (
  id uuid primary key,
  tenant_id uuid references tenants (id),
  kind text not null check (kind in ('head', 'anchor')),
  number bigint not null,
  sequence bigint not null,
  hash text not null,
  signed_at timestamptz not null,
  key_id text not null,
  signature text not null,
  stored_at timestamptz
);
create index audit_checkpoints_by_number on audit_checkpoints (tenant_id, kind, number desc);
create index audit_checkpoints_to_store on audit_checkpoints (id) where stored_at is null;
create table audit_repeats (
  key text primary key,
  entry jsonb not null,
  count int not null default 1,
  ends_at timestamptz not null
);
create index audit_repeats_by_end on audit_repeats (ends_at);
`;

const tenantPolicy = (table: string): string => `
alter table ${table} enable row level security;
create policy tenant_isolation on ${table} to occ_app
  using (tenant_id = any ((select occ_tenants())::uuid[]))
  with check (tenant_id = any ((select occ_tenants())::uuid[]));
create policy platform_access on ${table} to occ_platform using (true) with check (true);
`;

/**
 * Removes entries and seals up to a number, some at a time. Only below a signed anchor that a later checkpoint covers,
 * never the newest of a chain, and nothing younger than a month, whatever the caller was told to keep.
 */
const forget = `
create function occ_forget_audit(of_tenant uuid, up_to bigint, at_most int) returns int
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  going audit_seals[];
begin
  if not exists (select from audit_checkpoints c where c.tenant_id is not distinct from of_tenant
                   and c.kind = 'anchor' and c.number = up_to)
    or not exists (select from audit_checkpoints c where c.tenant_id is not distinct from of_tenant
                   and c.kind = 'head' and c.number >= up_to)
    or not exists (select from audit_seals s where s.tenant_id is not distinct from of_tenant and s.number > up_to)
  then
    raise exception 'audit entries up to % are not below a signed anchor', up_to;
  end if;
  going := array(select s from audit_seals s where s.tenant_id is not distinct from of_tenant and s.number <= up_to
                 order by s.number limit at_most);
  if exists (select from unnest(going) g where g.sealed_at > now() - interval '30 days') then
    raise exception 'audit entries up to % are not old enough', up_to;
  end if;
  delete from audit_entries where id = any (array(select g.entry_id from unnest(going) g));
  delete from audit_seals where sequence = any (array(select g.sequence from unnest(going) g));
  return cardinality(going);
end $$;
revoke all on function occ_forget_audit(uuid, bigint, int) from public;
`;

const grants = `
revoke update, delete on audit_entries from occ_platform;
grant select on audit_seals, audit_checkpoints to occ_app;
grant select, insert on audit_seals, audit_checkpoints to occ_platform;
grant update (stored_at) on audit_checkpoints to occ_platform;
grant select, insert, update, delete on audit_repeats to occ_platform;
grant execute on function occ_forget_audit(uuid, bigint, int) to occ_platform;
`;

const schedules = `
insert into maintenance_schedules (name, every_seconds) values ('audit-checkpoints', 3600);
`;
