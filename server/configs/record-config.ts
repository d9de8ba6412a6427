import type { Requester } from '../operations/requester.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { ConfigTemplate } from './config-template.entity.ts';

export type ConfigVerb = 'create' | 'update' | 'publish' | 'rollback' | 'retire' | 'delete';

const happened: Record<ConfigVerb, string> = {
  create: 'created',
  update: 'updated',
  publish: 'published',
  rollback: 'rolled-back',
  retire: 'retired',
  delete: 'deleted',
};

/** Who changed a template (audit) and that it changed (event), in the change's own transaction. */
export function recordConfig(
  tx: Transaction,
  verb: ConfigVerb,
  { tenantId, projectId, id, name }: Pick<ConfigTemplate, 'tenantId' | 'projectId' | 'id' | 'name'>,
  by: Requester,
  detail: Record<string, unknown> = {},
): void {
  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: `config.${verb}`,
    objectType: 'config',
    objectId: id,
    objectName: name,
    outcome: 'succeeded',
    detail,
    requestId: by.requestId,
  });
  tx.emit({
    type: `config.${happened[verb]}`,
    tenantId,
    projectId: projectId ?? null,
    actorName: by.name,
    data: { id, name, ...detail },
  });
}
