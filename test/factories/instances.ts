import { v7 as uuidv7 } from 'uuid';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import type { RuntimeKind } from '../../server/clusters/runtime-kinds.ts';
import { uniqueName } from './people.ts';
import type { TestProject } from './tenants.ts';

export interface TestInstance {
  id: string;
  name: string;
}

/** A cluster as the observer left it, without a way to reach it. */
export async function buildCluster(
  db: Database,
  name = uniqueName('cluster'),
  runtime: RuntimeKind = 'kubernetes',
): Promise<{ id: string; name: string }> {
  const id = uuidv7();
  await db.transaction(platformScope(), (tx) =>
    tx.query(`insert into clusters (id, name, runtime, phase) values (?, ?, ?, 'Ready')`, [id, name, runtime]),
  );
  return { id, name };
}

interface Build {
  project: TestProject;
  clusterId: string;
  name?: string;
  phase?: string;
  volume?: 'none' | 'present' | 'purged';
  secretNames?: string[];
}

/** The rows of an instance with one revision and no operation, whatever way it came to its phase. */
export async function buildInstance(
  db: Database,
  { project, clusterId, name = uniqueName('agent'), phase = 'Running', volume = 'present', secretNames = [] }: Build,
): Promise<TestInstance> {
  const id = uuidv7();
  const { tenantId } = project;
  await db.transaction(platformScope(), async (tx) => {
    const versionId = uuidv7();
    await tx.query(`insert into agent_versions (id, kind, version, image) values (?, 'openclaw', ?, 'openclaw:test')`, [
      versionId,
      uniqueName('v'),
    ]);
    await tx.query(
      `insert into instances (tenant_id, id, project_id, cluster_id, name, agent_kind, power, revision, phase, volume)
       values (?, ?, ?, ?, ?, 'openclaw', 'on', 1, ?, ?)`,
      [tenantId, id, project.id, clusterId, name, phase, volume],
    );
    await tx.query(
      `insert into revisions (tenant_id, id, instance_id, number, agent_version_id, configuration, configuration_hash,
         resources, secret_names)
       values (?, ?, ?, 1, ?, '{}', 'hash', '{"cpuMillis":250,"memoryBytes":1,"storageBytes":1}', array[?]::text[])`,
      [tenantId, uuidv7(), id, versionId, secretNames],
    );
  });
  return { id, name };
}
