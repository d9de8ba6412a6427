import { Migration } from '@mikro-orm/migrations';

/** An agent version runs from an image, from a package, or from either, whichever its cluster can run. */
export class Migration20261128030000_packages extends Migration {
  override up(): void {
    this.addSql(`alter table agent_versions
      add column package text,
      alter column image drop not null,
      add constraint agent_versions_runs_from_something check (image is not null or package is not null)`);
  }

  override down(): void {
    // The way back knows images only.
    this.addSql(`update agent_versions set image = package where image is null`);
    this.addSql(`alter table agent_versions
      drop constraint agent_versions_runs_from_something,
      alter column image set not null,
      drop column package`);
  }
}
