import type { Transaction } from '../persistence/transaction.ts';

/**
 * Which of these names mean nothing in the project. Those found are locked against deletion until the transaction
 * ends, so that what refers to them can be written.
 */
export async function missingSecrets(
  tx: Transaction,
  where: { tenantId: string; projectId: string },
  names: readonly string[],
): Promise<string[]> {
  const found = await tx.query<{ name: string }>(
    `select name from secrets
     where tenant_id = ? and (project_id = ? or project_id is null) and name = any (array[?]::text[]) for key share`,
    [where.tenantId, where.projectId, [...names]],
  );
  const known = new Set(found.map(({ name }) => name));
  return [...new Set(names)].filter((name) => !known.has(name));
}
