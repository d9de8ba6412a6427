import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** Only a SHA-256 of the token is kept: who reads the table cannot accept with it. */
export const Invitation = defineEntity({
  name: 'Invitation',
  tableName: 'invitations',
  properties: {
    id: p.uuid().primary(),
    tenantId: p.uuid(),
    projectId: p.uuid().nullable(),
    role: p.text(),
    customRoleId: p.uuid().nullable(),
    note: p.text().default(''),
    tokenHash: p.blob(),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid(),
    expiresAt: p.datetime(),
  },
});
export type Invitation = InferEntity<typeof Invitation>;
