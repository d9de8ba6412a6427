import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/**
 * A seal of a chain, signed by a key that the database does not have. `head`: so far the chain had got. `anchor`: what
 * is before it was removed by retention.
 */
export const AuditCheckpoint = defineEntity({
  name: 'AuditCheckpoint',
  tableName: 'audit_checkpoints',
  properties: {
    id: p.uuid().primary(),
    tenantId: p.uuid().nullable(),
    kind: p.enum(['head', 'anchor'] as const),
    number: p.bigint('number'),
    sequence: p.bigint('number'),
    hash: p.text(),
    signedAt: p.datetime(),
    keyId: p.text(),
    signature: p.text(),
    /** When its copy was put into the object storage. */
    storedAt: p.datetime().nullable(),
  },
});
export type AuditCheckpoint = InferEntity<typeof AuditCheckpoint>;
