import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { route, type Answer, type Route, type RouteContext } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { authorizeStrategy } from '../rollouts/authorize-strategy.ts';
import { RolloutStrategyInput } from '../rollouts/rollout-order.schema.ts';
import type { RolloutStrategy } from '../rollouts/rollout.types.ts';
import { publishConfig } from './commands/publish-config.ts';
import { pushConfig } from './commands/push-config.ts';
import { versionBefore } from './commands/version-before.ts';
import type { ConfigTemplate } from './config-template.entity.ts';
import { presentConfig } from './config.presenter.ts';
import { ConfigPublication, ConfigPublished, ConfigRollback } from './config.schema.ts';
import { readConfig } from './read-config.ts';
import { lockConfig, requireConfig } from './require-config.ts';

const errors = [
  'config.unknown',
  'config.retired',
  'config.version-unknown',
  'config.not-published',
  'config.value-locked',
  'config.variables-invalid',
  'agent.configuration-refused',
  'agent.configuration-owned',
  'secret.reference-unknown',
  'rollout.waves-invalid',
  'rollout.conflict',
  'rollout.too-many-targets',
] as const;

export const publishRoutes = (): Route[] => [
  route({
    method: 'post',
    path: '/configs/:id/publish',
    operationId: 'publishConfig',
    summary: 'Make a version the one that holds, and bring it to the bound instances by a rollout',
    permission: 'config:publish',
    params: byId,
    body: ConfigPublication,
    responses: { 200: ConfigPublished },
    errors,
    async handle(context) {
      const { version, ...order } = context.input.body;
      return publish(context, 'publish', order, async (template) => version ?? template.latestVersion);
    },
  }),
  route({
    method: 'post',
    path: '/configs/:id/rollback',
    operationId: 'rollbackConfig',
    summary: 'Publish an earlier version again, with the reason',
    permission: 'config:publish',
    params: byId,
    body: ConfigRollback,
    responses: { 200: ConfigPublished },
    errors,
    async handle(context) {
      const { toVersion, ...order } = context.input.body;
      return publish(
        context,
        'rollback',
        order,
        async (template) => toVersion ?? (await versionBefore(context.tx, template)),
      );
    },
  }),
];

/** Who brings a version to instances does a rollout over them. */
const neededToPush = ['rollout:create', 'instance:update'] as const;

async function publish(
  context: RouteContext<{ id: string }>,
  verb: 'publish' | 'rollback',
  { reason, push, strategy }: { reason: string; push: boolean; strategy?: RolloutStrategy },
  choose: (template: ConfigTemplate) => Promise<number>,
): Promise<Answer> {
  const { tx, caller, input } = context;
  const { tenantId, projectId } = await requireConfig(tx, input.params.id);
  context.authorize({ tenantId, projectId });
  if (push) for (const right of neededToPush) context.authorize({ tenantId, projectId }, right);
  if (push && strategy) authorizeStrategy(context, strategy);
  const template = await lockConfig(tx, input.params.id);
  const by = requesterOf(context);
  const { version } = await publishConfig(tx, { template, version: await choose(template), verb, reason, by });
  const chosen = strategy ?? RolloutStrategyInput.parse({});
  const rolloutId = push ? await pushConfig(tx, { template, version, strategy: chosen, by }) : null;
  await tx.em.flush();
  const config = await readConfig(tx, caller.reach('config:read'), template.id);
  const body = { config: presentConfig(config, caller), rolloutId };
  return { status: 200, body, headers: etag(config.row.generation) };
}
