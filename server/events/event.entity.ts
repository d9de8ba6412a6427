import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** `sequence` follows commit order (the database sees to it), so that a reader that has seen n misses nothing below n. */
export const Event = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    sequence: p.bigint('number').primary().autoincrement(),
    id: p.uuid(),
    tenantId: p.uuid().nullable(),
    projectId: p.uuid().nullable(),
    instanceId: p.uuid().nullable(),
    operationId: p.uuid().nullable(),
    type: p.text(),
    actorName: p.text().nullable(),
    data: p.json<Record<string, unknown>>().default('{}'),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});
export type Event = InferEntity<typeof Event>;
