import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** Denials and looks of the current minute, counted: the first has its entry, the others are one more at its end. */
export const AuditRepeat = defineEntity({
  name: 'AuditRepeat',
  tableName: 'audit_repeats',
  properties: {
    key: p.text().primary(),
    entry: p.json<Record<string, unknown>>(),
    count: p.integer().default(1),
    endsAt: p.datetime(),
  },
});
export type AuditRepeat = InferEntity<typeof AuditRepeat>;
