import { byId } from '../http/fields.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requireInstance } from '../instances/require-instance.ts';
import { listUsage } from './list-usage.ts';
import { periodOf } from './period.ts';
import { readInstanceUsage } from './read-instance-usage.ts';
import { presentUsage } from './usage-rows.ts';
import { InstanceUsage, InstanceUsageQuery, UsageList, UsageQuery } from './usage.schema.ts';

export const usageRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/instances/:id/usage',
    operationId: 'getInstanceUsage',
    summary: 'What an agent did with its models: calls, runs, tokens and cost, by steps of time',
    permission: 'usage:read',
    params: byId,
    query: InstanceUsageQuery,
    responses: { 200: InstanceUsage },
    errors: ['instance.unknown', 'request.unfit'],
    async handle({ input, tx, authorize }) {
      const instance = await requireInstance(tx, input.params.id);
      authorize(instance);
      return { status: 200, body: await readInstanceUsage(tx, instance, input.query) };
    },
  }),
  route({
    method: 'get',
    path: '/metrics/usage',
    operationId: 'listUsage',
    summary: 'What agents did with their models, summed up by tenant, project or instance',
    permission: 'usage:read',
    query: UsageQuery,
    responses: { 200: UsageList },
    errors: ['request.cursor-invalid', 'request.unfit'],
    async handle({ input, tx, reach }) {
      const period = periodOf(input.query);
      const { page, totals } = await listUsage(tx, reach(), input.query, period);
      const { items, next, total } = mapPage(page, (row) => ({
        tenantId: row.tenantId,
        tenantName: row.tenantName,
        projectId: row.projectId,
        projectName: row.projectName,
        instanceId: row.instanceId,
        instanceName: row.instanceName,
        usage: presentUsage(row),
      }));
      const [from, to] = [period.from.toISOString(), period.to.toISOString()];
      return { status: 200, body: { items, next, total, from, to, totals: presentUsage(totals) } };
    },
  }),
];
