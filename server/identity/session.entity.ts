import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** Only a SHA-256 of the secret is kept: who reads the table cannot sign in with it. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    kind: p.enum(['portal', 'api'] as const),
    tokenHash: p.blob(),
    createdAt: p.datetime().defaultRaw('now()'),
    expiresAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
  },
});
export type Session = InferEntity<typeof Session>;
