import { Migration } from '@mikro-orm/migrations';

/** Copies of state get the end that their retention gives them, and a comparison remembers which image it saw first. */
export class Migration20261127190000_retention extends Migration {
  override up(): void {
    this.addSql('alter table drifts add column image text, add column image_id text');
    this.addSql(
      `update backups b set expires_at = now() + interval '30 days'
       where b.phase = 'Verified' and b.expires_at is null and exists (
         select from backups n where n.instance_id = b.instance_id and n.agent_version_id = b.agent_version_id
           and n.phase = 'Verified' and (n.created_at, n.id) > (b.created_at, b.id))`,
    );
    this.addSql(
      `update backups set expires_at = now() + interval '1 day' where phase in ('Writing', 'Failed') and expires_at is null`,
    );
  }

  override down(): void {
    this.addSql('alter table drifts drop column image, drop column image_id');
  }
}
