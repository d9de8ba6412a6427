import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** What the observer last saw; never edited by a command. Fields as in `ObservedInstance` of the runtime contract. */
export const ObservedState = defineEntity({
  name: 'ObservedState',
  tableName: 'observed_states',
  properties: {
    tenantId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    clusterId: p.uuid(),
    epoch: p.bigint('number'),
    exists: p.boolean(),
    ready: p.boolean(),
    current: p.boolean(),
    terminating: p.boolean(),
    processPresent: p.boolean(),
    processId: p.text().nullable(),
    restarts: p.integer().default(0),
    reason: p.text().nullable(),
    message: p.text().nullable(),
    exitCode: p.integer().nullable(),
    generation: p.integer().default(0),
    revision: p.integer().nullable(),
    configurationHash: p.text().nullable(),
    volumePresent: p.boolean().default(false),
    startedAt: p.datetime().nullable(),
    lastSeenAt: p.datetime(),
  },
});
export type ObservedState = InferEntity<typeof ObservedState>;
