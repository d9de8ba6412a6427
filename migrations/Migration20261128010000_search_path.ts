import { Migration } from '@mikro-orm/migrations';

/**
 * The functions that see past the policies look into temporary tables last. PostgreSQL looks there first where a search
 * path does not name them, so that a temporary `users` or `sessions` would have answered who is asking.
 */
export class Migration20261128010000_search_path extends Migration {
  override up(): void {
    for (const name of functions) this.addSql(`alter function ${name} set search_path = pg_catalog, public, pg_temp`);
  }

  override down(): void {
    for (const name of functions) this.addSql(`alter function ${name} set search_path = pg_catalog, public`);
  }
}

const functions = ['occ_authenticate(bytea, uuid)', 'occ_holder(uuid)', 'occ_forget_audit(uuid, bigint, int)'] as const;
