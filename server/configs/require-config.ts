import { Problem } from '../../workflows/contracts/problem.ts';
import { lockRow } from '../persistence/lock-row.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { ConfigTemplate } from './config-template.entity.ts';
import { ConfigVersion } from './config-version.entity.ts';

/** A template that the transaction can see. @throws Problem 'config.unknown', also for one of another tenant */
export async function requireConfig(tx: Transaction, id: string): Promise<ConfigTemplate> {
  const template = await tx.em.findOne(ConfigTemplate, { id });
  if (!template) throw new Problem('config.unknown', id);
  return template;
}

/** Locked, so that its versions are numbered and published one after the other. @throws Problem 'config.unknown' */
export async function lockConfig(tx: Transaction, id: string): Promise<ConfigTemplate> {
  const template = await lockRow(tx, ConfigTemplate, 'config_templates', id);
  if (!template) throw new Problem('config.unknown', id);
  return template;
}

/** @throws Problem 'config.version-unknown' */
export async function requireConfigVersion(
  tx: Transaction,
  { tenantId, id }: Pick<ConfigTemplate, 'tenantId' | 'id'>,
  version: number,
): Promise<ConfigVersion> {
  const found = await tx.em.findOne(ConfigVersion, { tenantId, templateId: id, version });
  if (!found) throw new Problem('config.version-unknown', `version ${version}`);
  return found;
}
