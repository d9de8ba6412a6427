import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { MaintenanceName, MaintenanceResult } from '../../workflows/contracts/maintenance.ts';

/** What the platform does by itself, how often; carried by a Temporal Schedule of the same name. */
export const MaintenanceSchedule = defineEntity({
  name: 'MaintenanceSchedule',
  tableName: 'maintenance_schedules',
  properties: {
    name: p.text().$type<MaintenanceName>().primary(),
    everySeconds: p.integer(),
    paused: p.boolean().default(false),
    generation: p.integer().default(1),
    lastRunAt: p.datetime().nullable(),
    lastResult: p.json<MaintenanceResult>().nullable(),
    updatedAt: p.datetime().defaultRaw('now()'),
    updatedBy: p.uuid().nullable(),
  },
});
export type MaintenanceSchedule = InferEntity<typeof MaintenanceSchedule>;
