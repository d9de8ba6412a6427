import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** The instance's own gateway token, sealed. The app role can lay one down and never read it. */
export const InstanceCredential = defineEntity({
  name: 'InstanceCredential',
  tableName: 'instance_credentials',
  properties: {
    tenantId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    sealed: p.blob(),
  },
});
export type InstanceCredential = InferEntity<typeof InstanceCredential>;
