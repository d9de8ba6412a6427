import { z } from 'zod';
import { pageOf, pageQuery, repeated } from '../http/page.ts';

export const EventAnswer = z
  .strictObject({
    sequence: z.int().describe('Follows the order in which changes were committed'),
    type: z.string(),
    tenantId: z.uuid().nullable(),
    projectId: z.uuid().nullable(),
    instanceId: z.uuid().nullable(),
    operationId: z.uuid().nullable(),
    actorName: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Event' });
export type EventAnswer = z.output<typeof EventAnswer>;

export const EventList = pageOf(EventAnswer, 'EventList');

const type = z.string().min(1).max(100);

export const EventQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  instanceId: z.uuid().optional(),
  operationId: z.uuid().optional(),
  type: repeated(type),
});

export const InstanceEventQuery = z.strictObject({
  ...pageQuery,
  operationId: z.uuid().optional(),
  type: repeated(type),
});

export const EventStreamQuery = z.strictObject({
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  instanceId: z.uuid().optional(),
});

export interface EventFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  instanceId?: string | undefined;
  operationId?: string | undefined;
  type?: string[] | undefined;
}
