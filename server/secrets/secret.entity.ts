import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const Secret = defineEntity({
  name: 'Secret',
  tableName: 'secrets',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    projectId: p.uuid().nullable(),
    name: p.text(),
    description: p.text().default(''),
    version: p.integer().default(1),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type Secret = InferEntity<typeof Secret>;

/** Sealed by envelope encryption; the app role can insert a value and never read one. */
export const SecretVersion = defineEntity({
  name: 'SecretVersion',
  tableName: 'secret_versions',
  properties: {
    tenantId: p.uuid().primary(),
    secretId: p.uuid().primary(),
    version: p.integer().primary(),
    sealed: p.blob().lazy(),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type SecretVersion = InferEntity<typeof SecretVersion>;
