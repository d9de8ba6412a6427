import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import type { Caller } from '../access/caller.ts';
import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import type { TemporalUi } from '../operations/operation.presenter.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { authorizeStrategy } from './authorize-strategy.ts';
import { abortRollout } from './commands/abort-rollout.ts';
import type { ControlOrder } from './commands/hold-rollout.ts';
import { pauseRollout } from './commands/pause-rollout.ts';
import { promoteRollout } from './commands/promote-rollout.ts';
import { resumeRollout, takesOver } from './commands/resume-rollout.ts';
import { retryRollout, strategyOfRetry } from './commands/retry-rollout.ts';
import { rollBackRollout } from './commands/roll-back-rollout.ts';
import { planErrors } from './plan-errors.ts';
import { readRollout } from './read-rollout.ts';
import { lockRollout, requireRollout } from './require-rollout.ts';
import { rightTo } from './right-to.ts';
import { presentRollout } from './rollout.presenter.ts';
import {
  RolloutAnswer,
  RolloutControl,
  RolloutPromotion,
  RolloutResumption,
  RolloutRollback,
} from './rollout.schema.ts';
import type { Rollout } from './rollout.entity.ts';

const controlErrors = ['rollout.unknown', 'rollout.ended', 'rollout.state-conflict'] as const satisfies ProblemCode[];

type Command = (tx: Transaction, order: ControlOrder) => Promise<Rollout>;

/** Those that take nothing but a reason. */
const plain: { verb: string; summary: string; command: Command }[] = [
  { verb: 'pause', summary: 'Start nothing more until it is resumed', command: pauseRollout },
  { verb: 'abort', summary: 'Start nothing more, for good; what was updated stays', command: abortRollout },
];

/** What changes the course of a rollout. None needs If-Match: they say what to do, not from which state. */
export const controlRoutes = ({ temporalUi }: { temporalUi: TemporalUi | null }): Route[] => {
  const answer = async (tx: Transaction, rollout: Rollout, caller: Caller): Promise<Answer> => {
    await tx.em.flush();
    const body = presentRollout(await readRollout(tx, rollout), caller, temporalUi);
    return { status: 200, body, headers: etag(rollout.generation) };
  };
  return [
    ...plain.map(({ verb, summary, command }) =>
      route({
        method: 'post',
        path: `/rollouts/:id/${verb}`,
        operationId: `${verb}Rollout`,
        summary,
        permission: 'rollout:control',
        params: byId,
        body: RolloutControl,
        responses: { 200: RolloutAnswer },
        errors: controlErrors,
        async handle(context) {
          const { input, tx, caller, authorize } = context;
          const { id } = input.params;
          authorize(await requireRollout(tx, id));
          return answer(tx, await command(tx, { ...input.body, id, by: requesterOf(context) }), caller);
        },
      }),
    ),
    route({
      method: 'post',
      path: '/rollouts/:id/resume',
      operationId: 'resumeRollout',
      summary: 'Go on where it was paused; after lost rights the caller takes it over',
      permission: 'rollout:control',
      params: byId,
      body: RolloutResumption,
      responses: { 200: RolloutAnswer },
      errors: controlErrors,
      async handle(context) {
        const { input, tx, caller, authorize } = context;
        const { id } = input.params;
        authorize(await requireRollout(tx, id));
        // Locked: it must not become one that is taken over between this check and the command.
        const rollout = await lockRollout(tx, id);
        if (takesOver(rollout)) {
          authorize(rollout, 'rollout:create');
          authorize(rollout, rightTo[rollout.kind]);
          authorizeStrategy({ authorize }, rollout.strategy);
        }
        return answer(tx, await resumeRollout(tx, { ...input.body, id, by: requesterOf(context) }), caller);
      },
    }),
    route({
      method: 'post',
      path: '/rollouts/:id/promote',
      operationId: 'promoteRollout',
      summary: 'Take the present wave as passed; with force also where its analysis or the budget says no',
      permission: 'rollout:control',
      params: byId,
      body: RolloutPromotion,
      responses: { 200: RolloutAnswer },
      errors: [...controlErrors, 'rollout.analysis-failed'],
      async handle(context) {
        const { input, tx, caller, authorize } = context;
        const { id } = input.params;
        const rollout = await requireRollout(tx, id);
        authorize(rollout);
        if (input.body.force) authorize(rollout, 'rollout:force');
        return answer(tx, await promoteRollout(tx, { ...input.body, id, by: requesterOf(context) }), caller);
      },
    }),
    route({
      method: 'post',
      path: '/rollouts/:id/rollback',
      operationId: 'rollBackRollout',
      summary: 'Take every updated target back to the revision that it left, newest wave first',
      permission: 'rollout:control',
      params: byId,
      body: RolloutRollback,
      responses: { 200: RolloutAnswer },
      errors: controlErrors,
      async handle(context) {
        const { input, tx, caller, authorize } = context;
        const { id } = input.params;
        authorize(await requireRollout(tx, id));
        return answer(tx, await rollBackRollout(tx, { ...input.body, id, by: requesterOf(context) }), caller);
      },
    }),
    route({
      method: 'post',
      path: '/rollouts/:id/retry',
      operationId: 'retryRollout',
      summary: 'A new rollout over the targets that this one did not bring there',
      permission: 'rollout:create',
      params: byId,
      body: RolloutControl,
      responses: { 201: RolloutAnswer },
      errors: [...controlErrors, ...planErrors, 'rollout.conflict'],
      async handle(context) {
        const { input, tx, caller, authorize } = context;
        const { id } = input.params;
        const rollout = await requireRollout(tx, id);
        authorize(rollout);
        authorize(rollout, rightTo[rollout.kind]);
        authorizeStrategy({ authorize }, strategyOfRetry(rollout.strategy));
        const again = await retryRollout(tx, { ...input.body, id, by: requesterOf(context) });
        const { body, headers } = await answer(tx, again, caller);
        return { status: 201, body, headers: { ...headers, Location: `/api/v1/rollouts/${again.id}` } };
      },
    }),
  ];
};
