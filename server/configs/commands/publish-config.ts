import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { ConfigTemplate } from '../config-template.entity.ts';
import { ConfigVersion } from '../config-version.entity.ts';
import { lockFaults } from '../layer-document.ts';
import { LayerReader } from '../layer-reader.ts';
import { recordConfig } from '../record-config.ts';
import { requireConfigVersion } from '../require-config.ts';

export interface PublishConfig {
  /** Locked by the caller. */
  template: ConfigTemplate;
  version: number;
  verb: 'publish' | 'rollback';
  reason: string;
  by: Requester;
}

/**
 * Makes a version the one that new instances get; the one before retires. What runs is not touched by that.
 * @throws Problem 'config.retired', 'config.version-unknown', 'config.value-locked'
 */
export async function publishConfig(tx: Transaction, order: PublishConfig): Promise<ConfigVersion> {
  const { template, verb, by } = order;
  if (template.retiredAt) throw new Problem('config.retired', template.name);
  const version = await requireConfigVersion(tx, template, order.version);
  await refuseLocked(tx, template, version);
  const { tenantId, id: templateId, publishedVersion: before } = template;
  if (before && before !== version.version) {
    await tx.em.nativeUpdate(ConfigVersion, { tenantId, templateId, version: before }, { status: 'retired' });
  }
  const now = new Date();
  version.status = 'published';
  version.publishedAt = now;
  template.publishedVersion = version.version;
  template.generation += 1;
  template.updatedAt = now;
  await tx.em.flush();
  recordConfig(tx, verb, template, by, { version: version.version, before: before ?? null, reason: order.reason });
  return version;
}

/** A layer above may have locked something since the version was written. */
async function refuseLocked(tx: Transaction, template: ConfigTemplate, version: ConfigVersion): Promise<void> {
  const { tenantId, projectId, agentKind } = template;
  const above = await new LayerReader(tx).layersAbove({ tenantId, projectId: projectId ?? null }, agentKind);
  const faults = lockFaults(above, { name: 'template', configuration: version.configuration, locks: [] });
  if (faults.length > 0) throw new Problem('config.value-locked', undefined, { faults });
}
