import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { tenantScope } from '../../server/persistence/database.ts';
import { failRollout } from '../../server/rollouts/engine/begin-rollout.ts';
import { isProblemCode } from '../../workflows/contracts/problems.ts';
import type { RolloutInput, RolloutSteps } from '../../workflows/contracts/rollouts.ts';
import type { StepError } from '../../workflows/contracts/steps.ts';
import type { Deps } from '../deps.ts';
import { failureOf, toApplicationFailure } from '../steps/failure.ts';
import { advance } from './advance-rollout.ts';
import { check } from './check-rollout.ts';
import type { Look } from './look.ts';

const heartbeatEveryMs = 1_500;
/** An attempt of a higher number might be taken for the last one. */
const triesAtMost = 7;

/** The activities of the rollout workflow. */
export function rolloutActivities(deps: Deps): RolloutSteps {
  return {
    checkRollout: (input) =>
      looking(deps, input, (look) => check(deps, look, input.rolloutId), {
        // Here, where the words are: the run learns of nothing but the code.
        givingUp: (look, error) => look.transaction((tx) => failRollout(tx, input.rolloutId, error)),
      }),
    // Nothing makes giving up right: what is under way has to be watched until it ends.
    advanceRollout: (input) => looking(deps, input, (look) => advance(look, input.rolloutId), { givesUp: false }),
    failRollout: (input, { code, detail }) =>
      looking(deps, input, (look) =>
        look.transaction((tx) =>
          failRollout(tx, input.rolloutId, { code: isProblemCode(code) ? code : 'server.error', detail }),
        ),
      ),
  };
}

async function looking<T>(
  deps: Deps,
  input: RolloutInput,
  work: (look: Look) => Promise<T>,
  { givesUp = true, givingUp }: { givesUp?: boolean; givingUp?: (look: Look, error: StepError) => Promise<void> } = {},
): Promise<T> {
  const activity = Context.current();
  const scope = tenantScope(input.tenantId);
  const heartbeat = setInterval(() => activity.heartbeat(), heartbeatEveryMs);
  const look: Look = {
    rights: deps.rights,
    log: deps.log,
    prometheusUrl: deps.prometheusUrl,
    tenantId: input.tenantId,
    faults: new Map(),
    signal: activity.cancellationSignal,
    transaction: (inside) => deps.db.transaction(scope, inside),
  };
  try {
    return await work(look);
  } catch (thrown) {
    if (activity.cancellationSignal.aborted) throw new CancelledFailure('cancelled');
    const failure = failureOf(thrown, givesUp ? activity.info.attempt : Math.min(activity.info.attempt, triesAtMost));
    if (failure.error.code === 'server.error') {
      deps.log.error({ rolloutId: input.rolloutId, err: thrown }, 'a look at a rollout failed unforeseen');
    }
    if (!failure.retryable && givingUp) {
      await givingUp(look, failure.error).catch((unrecorded: unknown) => {
        throw toApplicationFailure(failureOf(unrecorded, 1));
      });
    }
    throw toApplicationFailure(failure);
  } finally {
    clearInterval(heartbeat);
  }
}
