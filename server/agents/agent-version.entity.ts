import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const AgentVersion = defineEntity({
  name: 'AgentVersion',
  tableName: 'agent_versions',
  properties: {
    id: p.uuid().primary(),
    kind: p.text(),
    version: p.text(),
    image: p.text().nullable(),
    imageDigest: p.text().nullable(),
    /** npm package, name and exact version, for clusters without images. */
    package: p.text().nullable(),
    status: p.enum(['allowed', 'deprecated', 'withdrawn'] as const).default('allowed'),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type AgentVersion = InferEntity<typeof AgentVersion>;
