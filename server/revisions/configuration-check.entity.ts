import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Fault } from '../../workflows/contracts/problems.ts';

/** What an agent version's own program said of a rendered configuration; asked once for each hash. */
export const ConfigurationCheck = defineEntity({
  name: 'ConfigurationCheck',
  tableName: 'configuration_checks',
  properties: {
    tenantId: p.uuid().primary(),
    agentVersionId: p.uuid().primary(),
    configurationHash: p.text().primary(),
    faults: p.json<Fault[]>(),
    checkedAt: p.datetime().defaultRaw('now()'),
  },
});
export type ConfigurationCheck = InferEntity<typeof ConfigurationCheck>;
