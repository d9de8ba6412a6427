import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { ConfigTemplate } from '../config-template.entity.ts';
import { isSameJson } from '../json.ts';
import type { TemplateContent } from '../layer-document.ts';
import { recordConfig } from '../record-config.ts';
import { lockConfig, requireConfigVersion } from '../require-config.ts';
import { addConfigVersion } from './add-config-version.ts';

export interface ChangeConfig extends TemplateContent {
  id: string;
  expectedGeneration: number;
  name: string;
  description: string;
  reason: string;
  by: Requester;
}

/**
 * Renames, describes, and writes changed content as the next version, a draft: nothing that runs is touched.
 * @throws Problem 'config.unknown', 'config.retired', 'config.name-taken', 'request.stale' and those of
 *   `addConfigVersion`
 */
export async function changeConfig(tx: Transaction, order: ChangeConfig): Promise<ConfigTemplate> {
  const template = await lockConfig(tx, order.id);
  requireGeneration(template, order.expectedGeneration);
  if (template.retiredAt) throw new Problem('config.retired', template.name);
  const { configuration, variables, locks } = await requireConfigVersion(tx, template, template.latestVersion);
  const same = isSameJson(
    { configuration, variables, locks },
    { configuration: order.configuration, variables: order.variables, locks: order.locks },
  );
  template.name = order.name;
  template.description = order.description;
  template.generation += 1;
  template.updatedAt = new Date();
  if (!same) template.latestVersion += 1;
  await flushUnique(tx, 'config.name-taken', order.name);
  if (!same) await addConfigVersion(tx, template, order, order.reason, order.by);
  recordConfig(tx, 'update', template, order.by, { version: template.latestVersion });
  return template;
}
