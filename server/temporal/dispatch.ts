import type { Logger } from 'pino';
import type { OperationDispatch } from '../persistence/transaction.ts';
import type { OperationRuns } from './operation-runs.ts';
import type { RolloutRuns } from './rollout-runs.ts';

/** Starts and cancels runs right after a commit. What Temporal did not take, the observer brings to it later. */
export const dispatchTo = (runs: OperationRuns, rollouts: RolloutRuns, log: Logger): OperationDispatch => ({
  async start(booked) {
    try {
      await runs.start(booked);
    } catch (error) {
      log.warn({ operationId: booked.operation.id, err: error }, 'workflow not started; left to the observer');
    }
  },
  async cancel(operationId) {
    try {
      await runs.cancel(operationId);
    } catch (error) {
      log.warn({ operationId, err: error }, 'workflow not cancelled; left to the observer');
    }
  },
  async startRollout(rollout) {
    try {
      await rollouts.start(rollout);
    } catch (error) {
      log.warn({ rolloutId: rollout.id, err: error }, 'rollout not started; left to the observer');
    }
  },
  async wakeRollout(rolloutId) {
    try {
      await rollouts.wake(rolloutId);
    } catch (error) {
      log.warn({ rolloutId, err: error }, 'rollout not woken; it looks again by itself');
    }
  },
});
