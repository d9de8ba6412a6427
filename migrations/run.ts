import process from 'node:process';
import { MikroORM } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import { entities } from '../server/persistence/entities.ts';
import { Migration20261122120000_foundation } from './Migration20261122120000_foundation.ts';
import { Migration20261122180000_fleet } from './Migration20261122180000_fleet.ts';
import { Migration20261127180000_holder } from './Migration20261127180000_holder.ts';
import { Migration20261127190000_retention } from './Migration20261127190000_retention.ts';
import { Migration20261127210000_granted } from './Migration20261127210000_granted.ts';
import { Migration20261127220000_audit_chain } from './Migration20261127220000_audit_chain.ts';
import { Migration20261127230000_roles } from './Migration20261127230000_roles.ts';
import { Migration20261127230100_access_notices } from './Migration20261127230100_access_notices.ts';
import { Migration20261127230200_invitations } from './Migration20261127230200_invitations.ts';
import { Migration20261128000000_limits } from './Migration20261128000000_limits.ts';
import { Migration20261128010000_search_path } from './Migration20261128010000_search_path.ts';
import { Migration20261128030000_packages } from './Migration20261128030000_packages.ts';
import { Migration20261128040000_places } from './Migration20261128040000_places.ts';
import { Migration20261128050000_placement } from './Migration20261128050000_placement.ts';
import { ensureRoles } from './roles.ts';

const migrations = [
  Migration20261122120000_foundation,
  Migration20261122180000_fleet,
  Migration20261127180000_holder,
  Migration20261127190000_retention,
  Migration20261127210000_granted,
  Migration20261127220000_audit_chain,
  Migration20261127230000_roles,
  Migration20261127230100_access_notices,
  Migration20261127230200_invitations,
  Migration20261128000000_limits,
  Migration20261128010000_search_path,
  Migration20261128030000_packages,
  Migration20261128040000_places,
  Migration20261128050000_placement,
];

/**
 * Brings the schema to the newest version, or `steps` versions back.
 * @param ownerUrl a role that may create roles; it owns the tables
 * @param appUrl the same database as `occ_app`; its password is set to the one in this URL
 */
export async function migrate(
  direction: 'up' | 'down',
  { ownerUrl, appUrl }: { ownerUrl: string; appUrl: string },
): Promise<string[]> {
  const orm = await MikroORM.init({
    clientUrl: ownerUrl,
    entities,
    extensions: [Migrator],
    migrations: {
      migrationsList: migrations.map((migration) => ({ name: migration.name, class: migration })),
      snapshot: false,
      allOrNothing: true,
    },
  });
  try {
    await ensureRoles(orm, appUrl);
    const done = direction === 'up' ? await orm.migrator.up() : await orm.migrator.down();
    return done.map(({ name }) => name);
  } finally {
    await orm.close();
  }
}

if (import.meta.main) {
  const direction = process.argv[2];
  const { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl } = process.env;
  if ((direction !== 'up' && direction !== 'down') || !ownerUrl || !appUrl) {
    process.stderr.write('usage: DATABASE_OWNER_URL=… DATABASE_URL=… node migrations/run.ts up|down\n');
    process.exit(2);
  }
  const names = await migrate(direction, { ownerUrl, appUrl });
  process.stdout.write(`${names.length === 0 ? 'schema is up to date' : `${direction}: ${names.join(', ')}`}\n`);
}
