import { Migration } from '@mikro-orm/migrations';

/**
 * Whatever may take a right away counts a version up and says so on `occ_access`, by trigger, so that no statement can
 * forget to. The version's row is locked until the commit: versions are in the order of commits.
 */
export class Migration20261127230100_access_notices extends Migration {
  override up(): void {
    this.addSql(state);
    this.addSql(announce);
    for (const [table, when, who] of triggers) {
      this.addSql(
        `create trigger announce_access after ${when} on ${table} for each row execute function occ_announce_access(${who})`,
      );
    }
  }

  override down(): void {
    for (const [table] of triggers) this.addSql(`drop trigger announce_access on ${table}`);
    this.addSql('drop function occ_announce_access()');
    this.addSql('drop table access_state');
  }
}

const state = `
create table access_state (
  id int primary key check (id = 1),
  version bigint not null
);
insert into access_state (id, version) values (1, 0);
grant select, update on access_state to occ_app, occ_platform;
`;

const announce = `
create function occ_announce_access() returns trigger
language plpgsql set search_path = pg_catalog, public as $$
declare
  row jsonb := case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
  next bigint;
begin
  update access_state set version = version + 1 returning version into next;
  perform pg_notify('occ_access', jsonb_build_object('version', next, tg_argv[0], row -> tg_argv[1])::text);
  return null;
end $$;
`;

const triggers = [
  ['role_assignments', 'insert or update or delete', `'userId', 'user_id'`],
  ['sessions', 'update of revoked_at or delete', `'userId', 'user_id'`],
  ['users', 'update of disabled', `'userId', 'id'`],
  ['roles', 'update or delete', `'tenantId', 'tenant_id'`],
] as const;
