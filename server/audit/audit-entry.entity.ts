import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  properties: {
    id: p.uuid().primary(),
    tenantId: p.uuid().nullable(),
    actorId: p.uuid().nullable(),
    actorName: p.text(),
    action: p.text(),
    objectType: p.text(),
    objectId: p.uuid().nullable(),
    objectName: p.text().nullable(),
    outcome: p.enum(['accepted', 'succeeded', 'denied', 'failed'] as const),
    detail: p.json<Record<string, unknown>>().default('{}'),
    requestId: p.text().nullable(),
    operationId: p.uuid().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});
export type AuditEntry = InferEntity<typeof AuditEntry>;
