import { z } from 'zod';
import { maintenanceNames } from '../../workflows/contracts/maintenance.ts';
import { permissionList } from '../http/fields.ts';

export const MaintenanceScheduleAnswer = z
  .strictObject({
    name: z.enum(maintenanceNames),
    everySeconds: z.int(),
    paused: z.boolean(),
    generation: z.int(),
    lastRunAt: z.iso.datetime().nullable(),
    lastResult: z.record(z.string(), z.int()).nullable().describe('What the last run has done, in numbers'),
    nextRunAt: z.iso
      .datetime()
      .nullable()
      .describe('Null while paused. A run that takes longer than its interval is not begun a second time'),
    permissions: permissionList,
  })
  .meta({ id: 'MaintenanceSchedule' });
export type MaintenanceScheduleAnswer = z.infer<typeof MaintenanceScheduleAnswer>;

export const MaintenanceScheduleList = z
  .strictObject({ items: z.array(MaintenanceScheduleAnswer), next: z.null(), total: z.int() })
  .meta({ id: 'MaintenanceScheduleList' });

export const MaintenanceScheduleChange = z
  .strictObject({ everySeconds: z.int().min(10).max(604_800).optional(), paused: z.boolean().optional() })
  .meta({ id: 'MaintenanceScheduleChange' });

export const byScheduleName = z.strictObject({ name: z.string().max(40) });
