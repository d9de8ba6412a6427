import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import type { SealingKey } from '../secrets/sealing-key.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { changeCluster } from './commands/change-cluster.ts';
import { deleteCluster } from './commands/delete-cluster.ts';
import { registerCluster } from './commands/register-cluster.ts';
import { readCluster } from './cluster-row.ts';
import { presentCluster } from './cluster.presenter.ts';
import { ClusterAnswer, ClusterList, ClusterPatch, ClusterQuery, NewCluster } from './cluster.schema.ts';
import { listClusters } from './list-clusters.ts';
import { placeRoutes } from './place.routes.ts';

export interface ClusterDeps {
  sealingKey: () => SealingKey;
}

export const clusterRoutes = ({ sealingKey }: ClusterDeps): Route[] => [
  route({
    method: 'get',
    path: '/clusters',
    operationId: 'listClusters',
    summary: 'Places to run instances',
    permission: 'cluster:read',
    query: ClusterQuery,
    responses: { 200: ClusterList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, authorize }) {
      authorize('platform');
      const page = await listClusters(tx, input.query);
      return { status: 200, body: mapPage(page, (cluster) => presentCluster(cluster, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/clusters',
    operationId: 'registerCluster',
    summary: 'Register a cluster, or one that is still being prepared',
    permission: 'cluster:create',
    body: NewCluster,
    responses: { 201: ClusterAnswer },
    errors: [
      'cluster.name-taken',
      'cluster.kubeconfig-refused',
      'cluster.key-refused',
      'tenant.unknown',
      'request.unfit',
    ],
    async handle(context) {
      const { input, tx } = context;
      if (input.body.tenantId) await requireTenant(tx, input.body.tenantId);
      context.authorize('platform');
      const { id } = await registerCluster(tx, sealingKey(), { ...input.body, by: requesterOf(context) });
      const cluster = await readCluster(tx, id);
      return {
        status: 201,
        body: presentCluster(cluster, context.caller),
        headers: { ...etag(cluster.generation), Location: `/api/v1/clusters/${cluster.id}` },
      };
    },
  }),
  route({
    method: 'get',
    path: '/clusters/:id',
    operationId: 'getCluster',
    summary: 'One cluster',
    permission: 'cluster:read',
    params: byId,
    responses: { 200: ClusterAnswer },
    errors: ['cluster.unknown'],
    async handle({ input, caller, tx, authorize }) {
      authorize('platform');
      const cluster = await readCluster(tx, input.params.id);
      return { status: 200, body: presentCluster(cluster, caller), headers: etag(cluster.generation) };
    },
  }),
  route({
    method: 'patch',
    path: '/clusters/:id',
    operationId: 'changeCluster',
    summary: 'Change a cluster, its progress in preparation, its credentials, or whose it is',
    permission: 'cluster:update',
    params: byId,
    body: ClusterPatch,
    ifMatch: true,
    responses: { 200: ClusterAnswer },
    errors: [
      'cluster.unknown',
      'cluster.name-taken',
      'cluster.kubeconfig-refused',
      'cluster.key-refused',
      'cluster.in-use',
      'tenant.unknown',
      'request.unfit',
      'request.stale',
    ],
    async handle(context) {
      const { input, tx, expectedGeneration } = context;
      if (input.body.tenantId) await requireTenant(tx, input.body.tenantId);
      context.authorize('platform');
      const change = { id: input.params.id, expectedGeneration, patch: input.body, by: requesterOf(context) };
      await changeCluster(tx, sealingKey(), change);
      const cluster = await readCluster(tx, input.params.id);
      return { status: 200, body: presentCluster(cluster, context.caller), headers: etag(cluster.generation) };
    },
  }),
  route({
    method: 'delete',
    path: '/clusters/:id',
    operationId: 'deleteCluster',
    summary: 'Forget a cluster on which nothing is left',
    permission: 'cluster:delete',
    params: byId,
    ifMatch: true,
    responses: { 204: null },
    errors: ['cluster.unknown', 'cluster.in-use', 'request.stale'],
    async handle(context) {
      const { input, tx, expectedGeneration } = context;
      context.authorize('platform');
      await deleteCluster(tx, { id: input.params.id, expectedGeneration, by: requesterOf(context) });
      return { status: 204 };
    },
  }),
  ...placeRoutes(),
];
