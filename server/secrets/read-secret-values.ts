import type { Transaction } from '../persistence/transaction.ts';
import { openSealed } from './sealing.ts';
import type { SealingKey } from './sealing-key.ts';

/**
 * The newest values in clear, for the runtime alone; the project's secret wins over the tenant's of the same name.
 * Names without a secret are left out. Needs platform scope: the app role cannot read a value.
 */
export async function readSecretValues(
  tx: Transaction,
  key: SealingKey,
  { tenantId, projectId }: { tenantId: string; projectId: string },
  names: readonly string[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ name: string; secretId: string; version: number; sealed: Buffer }>(
    `select distinct on (s.name) s.name, s.id as "secretId", v.version, v.sealed
     from secrets s
     join secret_versions v on v.tenant_id = s.tenant_id and v.secret_id = s.id and v.version = s.version
     where s.tenant_id = ? and (s.project_id = ? or s.project_id is null) and s.name = any (array[?]::text[])
     order by s.name, s.project_id nulls last`,
    [tenantId, projectId, [...names]],
  );
  return new Map(
    rows.map(({ name, secretId, version, sealed }) => [
      name,
      openSealed(key, { kind: 'secret', tenantId, secretId, version }, sealed),
    ]),
  );
}
