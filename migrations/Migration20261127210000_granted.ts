import { Migration } from '@mikro-orm/migrations';

/** What a kept answer's request was granted, to be asked again before the answer is given once more. */
export class Migration20261127210000_granted extends Migration {
  override up(): void {
    this.addSql(`alter table idempotency_keys add column granted jsonb`);
  }

  override down(): void {
    this.addSql(`alter table idempotency_keys drop column granted`);
  }
}
