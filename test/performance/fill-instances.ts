import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

export interface FilledTenant {
  tenantId: string;
  projectIds: string[];
}

/** Projects of a tenant with that many instances: provisioned once, observed, one in a hundred with work in progress. */
export async function fillInstances(ownerUrl: string, { instances }: { instances: number }): Promise<FilledTenant> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  const [tenantId, clusterId, versionId] = [randomUUID(), randomUUID(), randomUUID()];
  const projectIds = Array.from({ length: 10 }, () => randomUUID());
  try {
    await owner.query('begin');
    await owner.query(
      `insert into clusters (id, name, runtime, phase, last_seen_at) values ($1, $2, 'kubernetes', 'Ready', now())`,
      [clusterId, `cluster-${clusterId}`],
    );
    await owner.query(`insert into agent_versions (id, kind, version, image) values ($1, 'openclaw', $2, 'openclaw')`, [
      versionId,
      versionId,
    ]);
    await owner.query(`insert into tenants (id, name, display_name) values ($1, $2, 'A tenant')`, [
      tenantId,
      `t-${tenantId}`,
    ]);
    await owner.query(
      `insert into quotas (tenant_id, cpu_millis, memory_bytes, storage_bytes, instances) values ($1, 1e9, 1e15, 1e15, 1e6)`,
      [tenantId],
    );
    await owner.query(
      `insert into projects (tenant_id, id, name, display_name)
       select $1, id, 'project-' || n, 'Project ' || n from unnest($2::uuid[]) with ordinality as p (id, n)`,
      [tenantId, projectIds],
    );
    await owner.query(
      `insert into instances (tenant_id, id, project_id, cluster_id, name, labels, agent_kind, power, revision,
         live_revision, phase, volume, created_at)
       select $1, gen_random_uuid(), ($2::uuid[])[1 + n % 10], $3, 'agent-' || n, '{"team":"a","stage":"live"}',
         'openclaw', 'on', 1, 1, 'Running', 'present', now() - n * interval '1 minute'
       from generate_series(1, $4::int) n`,
      [tenantId, projectIds, clusterId, instances],
    );
    await owner.query(
      `insert into revisions (tenant_id, id, instance_id, number, agent_version_id, configuration, configuration_hash,
         resources)
       select tenant_id, gen_random_uuid(), id, 1, $2, '{}', 'hash',
         '{"cpuMillis":250,"memoryBytes":2147483648,"storageBytes":10737418240}'
       from instances where tenant_id = $1`,
      [tenantId, versionId],
    );
    await owner.query(
      `insert into observed_states (tenant_id, instance_id, cluster_id, epoch, exists, ready, current, terminating,
         process_present, started_at, last_seen_at)
       select tenant_id, id, cluster_id, 1, true, true, true, false, true, now(), now() from instances where tenant_id = $1`,
      [tenantId],
    );
    await owner.query(
      `insert into operations (tenant_id, tenant_name, id, project_id, instance_id, kind, phase, generation, subject_name,
         requested_by_name)
       select tenant_id, 'a tenant', gen_random_uuid(), project_id, id, 'instance.provision',
         case when row_number() over () % 100 = 0 then 'Running' else 'Succeeded' end, 1, name, 'somebody'
       from instances where tenant_id = $1`,
      [tenantId],
    );
    await owner.query('commit');
    await owner.query('vacuum analyze');
  } finally {
    await owner.end();
  }
  return { tenantId, projectIds };
}
