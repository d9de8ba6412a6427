import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** How often somebody came with a wrong secret, by who came and what for; names are hashed, since some type passwords there. */
export const FailedAttempt = defineEntity({
  name: 'FailedAttempt',
  tableName: 'failed_attempts',
  properties: {
    key: p.text().primary(),
    failures: p.integer(),
    failedAt: p.datetime(),
    /** The account was signed in to from there. */
    knownUntil: p.datetime().nullable(),
  },
});
export type FailedAttempt = InferEntity<typeof FailedAttempt>;
