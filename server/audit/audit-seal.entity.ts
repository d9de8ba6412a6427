import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** The place of one entry in its tenant's chain (the platform's where there is no tenant), tied to the seal before it. */
export const AuditSeal = defineEntity({
  name: 'AuditSeal',
  tableName: 'audit_seals',
  properties: {
    sequence: p.bigint('number').primary(),
    tenantId: p.uuid().nullable(),
    number: p.bigint('number'),
    entryId: p.uuid(),
    previousHash: p.text().nullable(),
    hash: p.text(),
    sealedAt: p.datetime().defaultRaw('now()'),
  },
});
export type AuditSeal = InferEntity<typeof AuditSeal>;
