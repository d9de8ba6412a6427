import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import { byId } from '../http/fields.ts';
import { route, type Route } from '../http/route.ts';
import { accepted, type TemporalUi } from '../operations/operation.presenter.ts';
import { OperationAccepted } from '../operations/operation.schema.ts';
import { requesterOf } from '../operations/requester.ts';
import { changePower, type Verb } from './commands/change-power.ts';
import { requireInstance } from './require-instance.ts';

const verbs: { verb: Verb; summary: string; errors?: ProblemCode[] }[] = [
  { verb: 'start', summary: 'Power on', errors: ['quota.exceeded', 'instance.busy', 'tenant.busy'] },
  { verb: 'stop', summary: 'Power off gently', errors: ['instance.busy'] },
  { verb: 'restart', summary: 'A new process with the newest secrets', errors: ['instance.busy'] },
  { verb: 'kill', summary: 'Power off now, superseding whatever runs but a removal', errors: ['instance.busy'] },
  { verb: 'sync', summary: 'Compare desired with observed and repair the difference', errors: ['instance.busy'] },
];

/** The verbs that take nothing but the instance. None needs If-Match: they say what to do, not from which state. */
export const verbRoutes = (temporalUi: TemporalUi | null): Route[] =>
  verbs.map(({ verb, summary, errors = [] }) =>
    route({
      method: 'post',
      path: `/instances/:id/${verb}`,
      operationId: `${verb}Instance`,
      summary,
      permission: `instance:${verb}`,
      params: byId,
      responses: { 202: OperationAccepted },
      errors: ['instance.unknown', 'instance.deleted', 'instance.state-conflict', ...errors],
      async handle(context) {
        const { input, caller, tx, authorize } = context;
        authorize(await requireInstance(tx, input.params.id));
        const operation = await changePower(tx, { id: input.params.id, verb, by: requesterOf(context) });
        return accepted(operation, caller, temporalUi);
      },
    }),
  );
