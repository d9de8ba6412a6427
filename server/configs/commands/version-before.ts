import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { ConfigTemplate } from '../config-template.entity.ts';
import { ConfigVersion } from '../config-version.entity.ts';

/** The version that was published last before the present one. @throws Problem 'config.not-published' without one */
export async function versionBefore(tx: Transaction, { tenantId, id }: ConfigTemplate): Promise<number> {
  const [before] = await tx.em.find(
    ConfigVersion,
    { tenantId, templateId: id, status: 'retired' },
    { orderBy: { publishedAt: 'desc', version: 'desc' }, limit: 1 },
  );
  if (!before) throw new Problem('config.not-published', 'No other version was published before.');
  return before.version;
}
