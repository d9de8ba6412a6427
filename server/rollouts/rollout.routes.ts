import type { z } from 'zod';
import type { AccessScope } from '../http/route.ts';
import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route, type RouteContext } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import type { TemporalUi } from '../operations/operation.presenter.ts';
import { authorizeStrategy } from './authorize-strategy.ts';
import { createRollout } from './commands/create-rollout.ts';
import { controlRoutes } from './control.routes.ts';
import { listRollouts } from './list-rollouts.ts';
import { listTargets, presentTarget } from './list-targets.ts';
import { planErrors } from './plan-errors.ts';
import { previewRollout } from './preview-rollout.ts';
import { readCells } from './read-cells.ts';
import { readRollout } from './read-rollout.ts';
import { requireRollout } from './require-rollout.ts';
import { rightTo } from './right-to.ts';
import { RolloutCells, RolloutTargetList, RolloutTargetQuery } from './rollout-target.schema.ts';
import { presentRollout, presentRolloutSummary } from './rollout.presenter.ts';
import { NewRollout, RolloutPreviewRequest } from './rollout-order.schema.ts';
import { RolloutAnswer, RolloutList, RolloutPreview, RolloutQuery } from './rollout.schema.ts';
import { projectOfSelection } from './targets/select-candidates.ts';
import { tenantOfOrder } from './tenant-of-order.ts';

export interface RolloutDeps {
  temporalUi: TemporalUi | null;
}

export const rolloutRoutes = ({ temporalUi }: RolloutDeps): Route[] => [
  route({
    method: 'get',
    path: '/rollouts',
    operationId: 'listRollouts',
    summary: 'Rollouts that the caller can see, the newest first',
    permission: 'rollout:read',
    query: RolloutQuery,
    responses: { 200: RolloutList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, reach }) {
      const page = await listRollouts(tx, reach(), input.query);
      return { status: 200, body: mapPage(page, (row) => presentRolloutSummary(row, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/rollouts',
    operationId: 'createRollout',
    summary: 'Freeze the targets of one change to many instances, and bring it to them in waves',
    permission: 'rollout:create',
    body: NewRollout,
    responses: { 201: RolloutAnswer },
    errors: [...planErrors, 'rollout.conflict'],
    async handle(context) {
      const { input, caller, tx } = context;
      const tenantId = await authorizedTenant(context, input.body);
      const rollout = await createRollout(tx, { ...input.body, tenantId, by: requesterOf(context) });
      return {
        status: 201,
        body: presentRollout(await readRollout(tx, rollout), caller, temporalUi),
        headers: { ...etag(rollout.generation), Location: `/api/v1/rollouts/${rollout.id}` },
      };
    },
  }),
  route({
    method: 'post',
    path: '/rollouts/preview',
    operationId: 'previewRollout',
    summary: 'What a rollout would touch, in which waves, and what it would mean; nothing is written',
    permission: 'rollout:create',
    changesNothing: true,
    body: RolloutPreviewRequest,
    responses: { 200: RolloutPreview },
    errors: planErrors,
    async handle(context) {
      const { input, tx } = context;
      const tenantId = await authorizedTenant(context, input.body);
      return { status: 200, body: await previewRollout(tx, { ...input.body, tenantId }) };
    },
  }),
  route({
    method: 'get',
    path: '/rollouts/:id',
    operationId: 'getRollout',
    summary: 'One rollout with its waves, verdicts and timeline',
    permission: 'rollout:read',
    params: byId,
    responses: { 200: RolloutAnswer },
    errors: ['rollout.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const rollout = await requireRollout(tx, input.params.id);
      authorize(rollout);
      const body = presentRollout(await readRollout(tx, rollout), caller, temporalUi);
      return { status: 200, body, headers: etag(rollout.generation) };
    },
  }),
  route({
    method: 'get',
    path: '/rollouts/:id/targets',
    operationId: 'listRolloutTargets',
    summary: 'The targets of a rollout in their order',
    permission: 'rollout:read',
    params: byId,
    query: RolloutTargetQuery,
    responses: { 200: RolloutTargetList },
    errors: ['rollout.unknown', 'request.cursor-invalid'],
    async handle({ input, tx, authorize }) {
      const rollout = await requireRollout(tx, input.params.id);
      authorize(rollout);
      return { status: 200, body: mapPage(await listTargets(tx, rollout, input.query), presentTarget) };
    },
  }),
  route({
    method: 'get',
    path: '/rollouts/:id/cells',
    operationId: 'getRolloutCells',
    summary: 'Every target of a rollout with its phase, as small as can be',
    permission: 'rollout:read',
    params: byId,
    responses: { 200: RolloutCells },
    errors: ['rollout.unknown'],
    async handle({ input, tx, authorize }) {
      const rollout = await requireRollout(tx, input.params.id);
      authorize(rollout);
      return { status: 200, body: await readCells(tx, rollout) };
    },
  }),
  ...controlRoutes({ temporalUi }),
];

/** The tenant of an order that the caller may give: a rollout, and the thing itself, to all that it selects. */
async function authorizedTenant(
  { tx, authorize }: Pick<RouteContext, 'tx' | 'authorize'>,
  order: z.output<typeof RolloutPreviewRequest>,
): Promise<string> {
  const tenantId = await tenantOfOrder(tx, order);
  const on: AccessScope = { tenantId, projectId: await projectOfSelection(tx, tenantId, order.selection) };
  authorize(on);
  authorize(on, rightTo[order.change.kind]);
  authorizeStrategy({ authorize }, order.strategy);
  return tenantId;
}
