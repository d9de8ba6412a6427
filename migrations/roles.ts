import type { MikroORM } from '@mikro-orm/postgresql';

/** Roles belong to the server, not to one database, so they are ensured beside the migrations and never dropped by one. */
export async function ensureRoles(orm: MikroORM, appUrl: string): Promise<void> {
  const { username, password } = new URL(appUrl);
  if (username !== 'occ_app') throw new Error(`DATABASE_URL must name the role occ_app, not ${username || 'no role'}`);
  const connection = orm.em.getConnection();
  await connection.execute(createRoles);
  const secret = decodeURIComponent(password).replaceAll("'", "''");
  await connection.execute(`alter role occ_app with password '${secret}'`);
  for (const [setting, value] of Object.entries(timeLimits)) {
    await connection.execute(`alter role occ_app set ${setting} = '${value}'`);
  }
}

/**
 * A process that is frozen in the middle of a transaction holds its locks, of which the one that orders the events stops
 * everybody. No command comes near these limits.
 */
const timeLimits = {
  idle_in_transaction_session_timeout: '15s',
  lock_timeout: '10s',
  statement_timeout: '30s',
};

const createRoles = `
do $$ begin
  begin create role occ_platform nologin; exception when duplicate_object then null; end;
  begin create role occ_app login noinherit; exception when duplicate_object then null; end;
  if not exists (select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
                 where r.rolname = 'occ_platform' and u.rolname = 'occ_app') then
    grant occ_platform to occ_app;
  end if;
end $$`;
