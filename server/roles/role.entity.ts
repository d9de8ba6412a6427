import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A role that a tenant has composed itself; the built-in ones are in `server/access/roles.ts`. */
export const CustomRole = defineEntity({
  name: 'CustomRole',
  tableName: 'roles',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    name: p.text(),
    description: p.text().default(''),
    permissions: p.array(),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type CustomRole = InferEntity<typeof CustomRole>;
