import { v7 as uuidv7 } from 'uuid';
import { rulesOf } from '../../../activities/adapters/registry.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Tenant } from '../../tenants/tenant.entity.ts';
import { ConfigTemplate } from '../config-template.entity.ts';
import type { TemplateContent } from '../layer-document.ts';
import { recordConfig } from '../record-config.ts';
import { addConfigVersion } from './add-config-version.ts';

export interface CreateConfig extends TemplateContent {
  tenant: Tenant;
  projectId: string | null;
  name: string;
  description: string;
  agentKind: string;
  reason: string;
  by: Requester;
}

/**
 * A template with its first version, a draft.
 * @throws Problem 'tenant.busy', 'agent.kind-unknown', 'config.name-taken' and those of `addConfigVersion`
 */
export async function createConfig(tx: Transaction, order: CreateConfig): Promise<ConfigTemplate> {
  const { tenant, projectId, name, description, agentKind, by } = order;
  if (tenant.phase !== 'Active') throw new Problem('tenant.busy', 'the tenant is being deleted');
  rulesOf(agentKind);
  const now = new Date();
  const template = tx.em.create(ConfigTemplate, {
    tenantId: tenant.id,
    id: uuidv7(),
    projectId,
    name,
    description,
    agentKind,
    latestVersion: 1,
    generation: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: by.userId,
  });
  await flushUnique(tx, 'config.name-taken', name);
  await addConfigVersion(tx, template, order, order.reason, by);
  recordConfig(tx, 'create', template, by, { version: 1 });
  return template;
}
