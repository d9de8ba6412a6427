import { PostgreSqlPlatform } from '@mikro-orm/postgresql';
import { listInstances } from '../../server/instances/list-instances.ts';
import { InstanceQuery } from '../../server/instances/instance.schema.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';

/**
 * The statements of the instance list, by the very code that makes them in the product, as they go over the wire:
 * with their parameters written into them.
 */
export async function listStatements(tenantId: string): Promise<string[]> {
  const platform = new PostgreSqlPlatform();
  const statements: string[] = [];
  const recorder = {
    query: async (sql: string, parameters: unknown[] = []) => {
      statements.push(platform.formatQuery(sql, parameters));
      return [];
    },
  };
  const reach = { tenantIds: [tenantId], projectIds: [] };
  await listInstances(recorder as unknown as Transaction, reach, InstanceQuery.parse({ limit: 50 }));
  return statements;
}
