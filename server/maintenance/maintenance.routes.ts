import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { changeSchedule } from './commands/change-schedule.ts';
import { MaintenanceSchedule } from './maintenance-schedule.entity.ts';
import { nextRunOf } from './next-run.ts';
import {
  byScheduleName,
  MaintenanceScheduleAnswer,
  MaintenanceScheduleChange,
  MaintenanceScheduleList,
} from './maintenance.schema.ts';

function present(schedule: MaintenanceSchedule, caller: Caller): MaintenanceScheduleAnswer {
  const nextRun = nextRunOf(schedule);
  return {
    name: schedule.name,
    everySeconds: schedule.everySeconds,
    paused: schedule.paused,
    generation: schedule.generation,
    lastRunAt: schedule.lastRunAt ? timeOf(schedule.lastRunAt) : null,
    lastResult: schedule.lastResult ?? null,
    nextRunAt: nextRun && timeOf(nextRun),
    permissions: loadPermissions(caller, 'platform', ['maintenance:update']),
  };
}

export const maintenanceRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/maintenance-schedules',
    operationId: 'listMaintenanceSchedules',
    summary: 'What the platform does by itself, and what it did last',
    permission: 'maintenance:read',
    responses: { 200: MaintenanceScheduleList },
    async handle({ tx, caller, authorize }) {
      authorize('platform');
      const schedules = await tx.em.find(MaintenanceSchedule, {}, { orderBy: { name: 'asc' } });
      const items = schedules.map((schedule) => present(schedule, caller));
      return { status: 200, body: { items, next: null, total: items.length } };
    },
  }),
  route({
    method: 'patch',
    path: '/maintenance-schedules/:name',
    operationId: 'changeMaintenanceSchedule',
    summary: 'Change how often, pause or resume',
    permission: 'maintenance:update',
    params: byScheduleName,
    body: MaintenanceScheduleChange,
    ifMatch: true,
    responses: { 200: MaintenanceScheduleAnswer },
    errors: ['maintenance.unknown', 'request.stale'],
    async handle(context) {
      const { input, tx, expectedGeneration, caller } = context;
      context.authorize('platform');
      const by = requesterOf(context);
      const schedule = await changeSchedule(tx, { ...input.params, ...input.body, expectedGeneration, by });
      return { status: 200, body: present(schedule, caller), headers: etag(schedule.generation) };
    },
  }),
];
