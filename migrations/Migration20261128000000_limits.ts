import { Migration } from '@mikro-orm/migrations';

/**
 * What the replicas of the api share of their limits. `rate_limits` is counted anew after a crash of the server, so that
 * nothing of it needs to be on disk; failed attempts at secrets are not forgotten so easily.
 */
export class Migration20261128000000_limits extends Migration {
  override up(): void {
    this.addSql(rateLimits);
    this.addSql(failedAttempts);
  }

  override down(): void {
    this.addSql('drop table failed_attempts');
    this.addSql('drop table rate_limits');
  }
}

const rateLimits = `
create unlogged table rate_limits (
  key text primary key,
  quota int not null check (quota > 0),
  full_at timestamptz not null,
  granted int not null
) with (fillfactor = 50);
grant select, insert, update, delete on rate_limits to occ_platform;
`;

const failedAttempts = `
create table failed_attempts (
  key text primary key,
  failures int not null,
  failed_at timestamptz not null,
  known_until timestamptz
);
grant select, insert, update, delete on failed_attempts to occ_platform;
`;
