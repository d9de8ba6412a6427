import { v7 as uuidv7 } from 'uuid';
import { uniqueName } from '../../../test/factories/people.ts';
import type { TestProject } from '../../../test/factories/tenants.ts';
import { platformScope, type Database } from '../../persistence/database.ts';

export interface Fleet {
  /** In the order of their names, which is the order of rollouts. */
  instanceIds: string[];
}

/**
 * Further instances like one that there is, in its state, with its revision and without an operation: as many as wanted
 * in two statements.
 */
export async function cloneInstance(
  db: Database,
  { instanceId, count, labels = {} }: { instanceId: string; count: number; labels?: Record<string, string> },
): Promise<Fleet> {
  const prefix = uniqueName('clone');
  const rows = Array.from({ length: count }, (_, index) => ({
    id: uuidv7(),
    revisionId: uuidv7(),
    name: `${prefix}-${String(index).padStart(5, '0')}`,
  }));
  await db.transaction(platformScope(), async (tx) => {
    await tx.query(
      `insert into instances (tenant_id, id, project_id, cluster_id, name, labels, agent_kind, power, revision,
         live_revision, phase, volume)
       select i.tenant_id, x.id, i.project_id, i.cluster_id, x.name, ?::jsonb, i.agent_kind, 'on', 1, 1, 'Running',
         'present'
       from jsonb_to_recordset(?::jsonb) as x (id uuid, name text), instances i where i.id = ?`,
      [JSON.stringify(labels), JSON.stringify(rows), instanceId],
    );
    await tx.query(
      `insert into revisions (tenant_id, id, instance_id, number, agent_version_id, configuration, configuration_hash,
         resources, secret_names, variables, overrides)
       select r.tenant_id, x."revisionId", x.id, 1, r.agent_version_id, r.configuration, r.configuration_hash,
         r.resources, r.secret_names, r.variables, r.overrides
       from jsonb_to_recordset(?::jsonb) as x (id uuid, "revisionId" uuid), revisions r
       where r.instance_id = ? and r.number = 1`,
      [JSON.stringify(rows), instanceId],
    );
  });
  return { instanceIds: rows.map(({ id }) => id) };
}

export interface TemplateVersion {
  configuration: object;
  variables?: object;
  locks?: string[];
  status?: 'draft' | 'published' | 'retired';
}

/** A template with these versions, the first one as version 1. */
export async function buildTemplate(
  db: Database,
  { tenantId }: Pick<TestProject, 'tenantId'>,
  ...versions: TemplateVersion[]
): Promise<string> {
  const id = uuidv7();
  await db.transaction(platformScope(), async (tx) => {
    await tx.query(
      `insert into config_templates (tenant_id, id, name, agent_kind, latest_version, published_version)
       values (?, ?, ?, 'openclaw', ?, ?)`,
      [tenantId, id, uniqueName('template'), versions.length, publishedOf(versions)],
    );
    for (const [index, version] of versions.entries()) {
      const { configuration, variables = {}, locks = [], status = 'published' } = version;
      await tx.query(
        `insert into config_versions (tenant_id, template_id, version, status, configuration, variables, locks,
           created_by_name)
         values (?, ?, ?, ?, ?::jsonb, ?::jsonb, array[?]::text[], 'somebody')`,
        [tenantId, id, index + 1, status, JSON.stringify(configuration), JSON.stringify(variables), locks],
      );
    }
  });
  return id;
}

function publishedOf(versions: readonly TemplateVersion[]): number | null {
  const index = versions.findLastIndex(({ status = 'published' }) => status === 'published');
  return index < 0 ? null : index + 1;
}
