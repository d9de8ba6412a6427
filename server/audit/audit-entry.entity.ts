import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/**
 * Written in the transaction of what it tells of, and never changed. `sequence` follows commit order (the database sees to
 * it); seals chain the entries in that order.
 */
export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  properties: {
    id: p.uuid().primary(),
    sequence: p.bigint('number').autoincrement(),
    tenantId: p.uuid().nullable(),
    actorId: p.uuid().nullable(),
    actorName: p.text(),
    onBehalfOfId: p.uuid().nullable(),
    onBehalfOfName: p.text().nullable(),
    action: p.text(),
    objectType: p.text(),
    objectId: p.uuid().nullable(),
    objectName: p.text().nullable(),
    outcome: p.enum(['accepted', 'succeeded', 'denied', 'failed'] as const),
    detail: p.json<Record<string, unknown>>().default('{}'),
    /** What an update found and left, of what is neither secret nor a configuration's body. */
    before: p.json<Record<string, unknown>>().nullable(),
    after: p.json<Record<string, unknown>>().nullable(),
    requestId: p.text().nullable(),
    operationId: p.uuid().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});
export type AuditEntry = InferEntity<typeof AuditEntry>;
