import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { readCluster } from './cluster-row.ts';
import { presentCluster } from './cluster.presenter.ts';
import { AllowedClusters, ClusterAnswer, ClusterCapacityAnswer } from './cluster.schema.ts';
import { allowClusters } from './commands/allow-clusters.ts';
import { cordonCluster } from './commands/cordon-cluster.ts';
import { readCapacity } from './read-capacity.ts';

/** Which instances a cluster takes, and which clusters a tenant's instances. */
export const placeRoutes = (): Route[] => [
  cordonRoute('cordon', 'Take no new instances; those that are there go on'),
  cordonRoute('uncordon', 'Take new instances again'),
  route({
    method: 'get',
    path: '/clusters/:id/capacity',
    operationId: 'getClusterCapacity',
    summary: 'What the platform has reserved on a cluster, and what it has in all as its operator says',
    // A sum over all tenants: not for their members.
    permission: 'cluster:update',
    params: byId,
    responses: { 200: ClusterCapacityAnswer },
    errors: ['cluster.unknown'],
    async handle({ input, tx, authorize }) {
      authorize('platform');
      return { status: 200, body: await readCapacity(tx, await readCluster(tx, input.params.id)) };
    },
  }),
  route({
    method: 'get',
    path: '/tenants/:id/clusters',
    operationId: 'getAllowedClusters',
    summary: 'The shared clusters that a tenant’s new instances may be placed on',
    permission: 'tenant:read',
    params: byId,
    responses: { 200: AllowedClusters },
    errors: ['tenant.unknown'],
    async handle({ input, tx, authorize }) {
      const tenant = await requireTenant(tx, input.params.id);
      authorize({ tenantId: tenant.id });
      return { status: 200, body: { clusterIds: tenant.allowedClusters ?? null }, headers: etag(tenant.generation) };
    },
  }),
  route({
    method: 'put',
    path: '/tenants/:id/clusters',
    operationId: 'setAllowedClusters',
    summary: 'Say which shared clusters a tenant’s new instances may be placed on; those that are placed stay',
    permission: 'cluster:update',
    params: byId,
    body: AllowedClusters,
    ifMatch: true,
    responses: { 200: AllowedClusters },
    errors: ['tenant.unknown', 'cluster.unknown', 'request.stale'],
    async handle(context) {
      const { input, tx, expectedGeneration } = context;
      await requireTenant(tx, input.params.id);
      context.authorize('platform');
      const order = { tenantId: input.params.id, ...input.body, expectedGeneration, by: requesterOf(context) };
      const { allowedClusters, generation } = await allowClusters(tx, order);
      return { status: 200, body: { clusterIds: allowedClusters ?? null }, headers: etag(generation) };
    },
  }),
];

const cordonRoute = (verb: 'cordon' | 'uncordon', summary: string): Route =>
  route({
    method: 'post',
    path: `/clusters/:id/${verb}`,
    operationId: `${verb}Cluster`,
    summary,
    permission: 'cluster:update',
    params: byId,
    responses: { 200: ClusterAnswer },
    errors: ['cluster.unknown'],
    async handle(context) {
      const { input, tx, caller } = context;
      context.authorize('platform');
      const { id } = input.params;
      await cordonCluster(tx, { id, cordoned: verb === 'cordon', by: requesterOf(context) });
      const cluster = await readCluster(tx, id);
      return { status: 200, body: presentCluster(cluster, caller), headers: etag(cluster.generation) };
    },
  });
