import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** One row: how often a right was given or taken away so far. Counted by triggers alone. */
export const AccessState = defineEntity({
  name: 'AccessState',
  tableName: 'access_state',
  properties: {
    id: p.integer().primary(),
    version: p.bigint('number'),
  },
});
export type AccessState = InferEntity<typeof AccessState>;
