import { v7 as uuidv7 } from 'uuid';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import { uniqueName } from './people.ts';

export interface TestTenant {
  id: string;
  name: string;
}

export interface TestProject extends TestTenant {
  tenantId: string;
}

/** A tenant with room for twenty small instances. */
export async function buildTenant(db: Database, name = uniqueName('tenant')): Promise<TestTenant> {
  const id = uuidv7();
  await db.transaction(platformScope(), async (tx) => {
    await tx.query(`insert into tenants (id, name, display_name) values (?, ?, ?)`, [id, name, `Display of ${name}`]);
    await tx.query(
      `insert into quotas (tenant_id, cpu_millis, memory_bytes, storage_bytes, instances) values (?, ?, ?, ?, ?)`,
      [id, 8_000, 64 * 2 ** 30, 400 * 2 ** 30, 20],
    );
  });
  return { id, name };
}

export async function buildProject(
  db: Database,
  tenant: TestTenant,
  name = uniqueName('project'),
): Promise<TestProject> {
  const id = uuidv7();
  await db.transaction(platformScope(), (tx) =>
    tx.query(`insert into projects (tenant_id, id, name, display_name) values (?, ?, ?, ?)`, [
      tenant.id,
      id,
      name,
      name,
    ]),
  );
  return { id, name, tenantId: tenant.id };
}
